//! Observations of the node that a caller hands to the core: the core itself looks at nothing.

use std::borrow::Cow;

/// One link of the kernel, as `ip -details -json link` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link<'a> {
    /// Its name.
    pub name: Cow<'a, str>,
    /// `link_type`: `ether`, `loopback`, `none`, …
    pub link_type: Option<Cow<'a, str>>,
    /// `linkinfo.info_kind`: `bridge`, `bond`, `vlan`, …; physical links have none.
    pub info_kind: Option<Cow<'a, str>>,
    /// Its other names.
    pub altnames: Vec<Cow<'a, str>>,
}

impl Link<'_> {
    /// True for a network card: Ethernet, and not made by software.
    ///
    /// Source: `PVE::IPRoute2::ip_link_is_physical`.
    pub fn is_physical(&self) -> bool {
        self.link_type.as_deref() == Some("ether") && self.info_kind.is_none()
    }
}

impl<'a> Link<'a> {
    /// Reads links of a text in which each is `NAME`, `TYPE`, `KIND`, `COUNT` and so many other names.
    ///
    /// In front of each field is the character that the text starts with. `TYPE` and `KIND` may be
    /// empty: the link has none. Returns `None` for a text that is none of that form.
    pub fn read_all(text: &'a str) -> Option<Vec<Self>> {
        let Some(separator) = text.chars().next() else { return Some(Vec::new()) };
        let mut fields = text.split(separator).skip(1);
        let mut links = Vec::new();
        while let Some(name) = fields.next() {
            let (link_type, info_kind) = (fields.next()?, fields.next()?);
            let altnames = 0..fields.next()?.parse().ok()?;
            let known = |field: &'a str| (!field.is_empty()).then_some(Cow::Borrowed(field));
            links.push(Link {
                name: Cow::Borrowed(name),
                link_type: known(link_type),
                info_kind: known(info_kind),
                altnames: altnames
                    .map(|_: usize| fields.next().map(Cow::Borrowed))
                    .collect::<Option<_>>()?,
            });
        }
        Some(links)
    }
}

/// What the reader of `/etc/network/interfaces` has to know of the node.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts<'a> {
    /// The links of the kernel.
    pub links: Vec<Link<'a>>,
    /// The names of the links that are up.
    pub active: Vec<Cow<'a, str>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_read_of_a_text() {
        for separator in ["/", "\u{e9}"] {
            let text = "/lo/loopback//0/eth0/ether//2/enp1s0/enx1/vmbr0/ether/bridge/0///x/1/";
            let text = text.replace('/', separator);
            let links = Link::read_all(&text).unwrap();
            let rows: Vec<_> = links
                .iter()
                .map(|link| {
                    let [link_type, kind] =
                        [&link.link_type, &link.info_kind].map(Option::as_deref);
                    (link.name.as_ref(), link_type, kind, link.altnames.join(" "))
                })
                .collect();
            assert_eq!(
                rows,
                [
                    ("lo", Some("loopback"), None, String::new()),
                    ("eth0", Some("ether"), None, "enp1s0 enx1".to_owned()),
                    ("vmbr0", Some("ether"), Some("bridge"), String::new()),
                    ("", None, Some("x"), String::new()),
                ]
            );
            assert_eq!(links[3].altnames, [""]);
        }
        assert_eq!(Link::read_all(""), Some(Vec::new()));
        for text in ["/", "/a", "/a/ether/", "/a/ether//", "/a/ether//x", "/a/ether//1", "/a///0/"]
        {
            assert_eq!(Link::read_all(text), None, "{text}");
        }
    }
}
