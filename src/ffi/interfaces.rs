//! `/etc/network/interfaces`.

use super::{PveNetworkStatus, call_reading, from_json, text_value, written_value};
use crate::error::{Error, Result};
use crate::host::{Facts, Link};
use crate::interfaces::{self, Config, Dialect, Fidelity};
use crate::perl::json::Reader;
use crate::perl::{ByteText, Charset, Text};
use serde::Deserialize;
use std::ffi::c_char;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parse<'a> {
    /// The text of the file, one character for each byte; it may be attached.
    #[serde(borrow)]
    text: Option<Text<'a>>,
    /// Facts of every link; null where the caller has none.
    #[serde(borrow)]
    links: Option<Vec<Link<'a>>>,
    /// The names of the links that are up.
    #[serde(borrow)]
    active: Option<Vec<Text<'a>>>,
    /// 1 for the rules of pve-common 9.2, see [`Charset`].
    latin1: u8,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Render<'a> {
    #[serde(borrow)]
    config: Config<'a>,
    /// 1 if ifupdown2 will read the file.
    ifupdown2: u8,
    /// As in [`Parse`].
    latin1: u8,
    /// What to do about lines that the original loses.
    #[serde(default)]
    fidelity: Fidelity,
    /// The text of the file that is there, as in [`Parse`]; `warn` and `preserve` need it.
    base: Option<String>,
    /// 1 if the value is to be attached to the reply.
    #[serde(default)]
    attach: u8,
}

impl<'a> Parse<'a> {
    fn read(request: &'a str) -> Result<Self> {
        let (mut parse, rest) = match Self::read_usual(request) {
            Some(read) => read,
            None => {
                let mut values = serde_json::Deserializer::from_str(request).into_iter();
                let parse = values.next().ok_or_else(|| Error::Request("it is empty".into()))?;
                let parse: Parse = parse.map_err(|error| Error::Request(error.to_string()))?;
                (parse, &request[values.byte_offset()..])
            }
        };
        match (&parse.text, rest.strip_prefix('\n')) {
            (None, Some(text)) => parse.text = Some(Text(text.into())),
            (None, None) => return Err(Error::Request("there is no `text`".into())),
            (Some(_), _) if rest.trim_ascii().is_empty() => {}
            (Some(_), _) => return Err(Error::Request("there is more than one text".into())),
        }
        Ok(parse)
    }

    /// Reads it as the shims write it; returns what follows, too.
    fn read_usual(request: &'a str) -> Option<(Self, &'a str)> {
        let (mut text, mut links, mut active, mut latin1) = (None, None, None, None);
        let ((), rest) = Reader::read_start(request, |json| {
            json.object(|json, name| {
                match name.as_ref() {
                    "text" => text = Some(Text(json.text()?)),
                    "links" => links = json.optional(|json| json.list(read_link))?,
                    "active" => active = json.optional(|json| json.list(read_name))?,
                    "latin1" => latin1 = Some(read_flag(json)?),
                    _ => return None,
                }
                Some(())
            })
        })?;
        Some((Parse { text, links, active, latin1: latin1? }, rest))
    }
}

impl<'a> Render<'a> {
    fn read(request: &'a str) -> Result<Self> {
        Self::read_usual(request).map_or_else(|| from_json(request), Ok)
    }

    /// Reads it as the shims write it, if it is `exact`.
    fn read_usual(json: &'a str) -> Option<Self> {
        let (mut config, mut ifupdown2, mut latin1, mut attach) = (None, None, None, 0);
        Reader::read(json, |json| {
            json.object(|json, name| {
                match name.as_ref() {
                    "config" => config = Some(Config::read_json(json)?),
                    "ifupdown2" => ifupdown2 = Some(read_flag(json)?),
                    "latin1" => latin1 = Some(read_flag(json)?),
                    "attach" => attach = read_flag(json)?,
                    _ => return None,
                }
                Some(())
            })
        })?;
        let (config, ifupdown2, latin1) = (config?, ifupdown2?, latin1?);
        Some(Render { config, ifupdown2, latin1, fidelity: Fidelity::Exact, base: None, attach })
    }
}

fn read_name<'a>(json: &mut Reader<'a>) -> Option<Text<'a>> {
    json.text().map(Text)
}

fn read_flag(json: &mut Reader) -> Option<u8> {
    json.integer()?.try_into().ok()
}

/// A link as [`Link`] is deserialized.
fn read_link<'a>(json: &mut Reader<'a>) -> Option<Link<'a>> {
    json.byte(b'[')?;
    let name = json.text()?;
    json.byte(b',')?;
    let link_type = json.optional(Reader::text)?;
    json.byte(b',')?;
    let info_kind = json.optional(Reader::text)?;
    json.byte(b',')?;
    let altnames = json.optional(|json| json.list(Reader::text))?.unwrap_or_default();
    json.byte(b']')?;
    Some(Link { name, link_type, info_kind, altnames })
}

fn charset(latin1: u8) -> Charset {
    if latin1 == 0 { Charset::Ascii } else { Charset::Latin1 }
}

pub(super) fn byte_text(text: &str) -> Result<ByteText<'_>> {
    ByteText::new(text).ok_or_else(|| Error::Unsupported("the text is not one of bytes".into()))
}

/// Parses the text of `/etc/network/interfaces`.
///
/// Request: `{"text", "links": [[name, link_type, info_kind, altnames]…], "active": [name…],
/// "latin1": 0|1}`; without `text`, it is attached: what follows the newline. Value: `{"ifaces":
/// {name: {…}}, "options": [[priority, line]…]}`.
///
/// # Safety
///
/// `request` is null or a NUL-terminated string; `reply` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pve_network_interfaces_parse(
    request: *const c_char,
    reply: *mut *mut c_char,
) -> PveNetworkStatus {
    let answer = |request: Parse, _: &mut _| {
        let facts = Facts {
            links: request.links.unwrap_or_default(),
            active: request.active.unwrap_or_default().into_iter().map(|name| name.0).collect(),
        };
        let text = request.text.unwrap_or_default().0;
        let (text, charset) = (byte_text(&text)?, charset(request.latin1));
        // Perl makes a hash of the interfaces: their order is of no use to it.
        let config = interfaces::parse_unsorted(text, &facts, charset)?;
        written_value(4 * text.as_str().len(), |json| config.write_json(json))
    };
    unsafe { call_reading(request, reply, Parse::read, answer) }
}

/// Writes the text of `/etc/network/interfaces`.
///
/// Request: `{"config": {"ifaces", "options"}, "ifupdown2": 0|1, "latin1": 0|1, "fidelity":
/// "exact"|"warn"|"preserve", "base": TEXT, "attach": 0|1}`; without the last three it is `exact`, and
/// the value is not attached. Value: the text, of characters that are to be encoded as UTF-8; attached
/// if the request says so and it holds no NUL.
///
/// # Safety
///
/// As for [`pve_network_interfaces_parse`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pve_network_interfaces_render(
    request: *const c_char,
    reply: *mut *mut c_char,
) -> PveNetworkStatus {
    let answer = |request: Render, notes: &mut _| {
        let dialect = if request.ifupdown2 == 0 { Dialect::Ifupdown } else { Dialect::Ifupdown2 };
        let charset = charset(request.latin1);
        let base = match (request.fidelity, &request.base) {
            (Fidelity::Exact, _) => "",
            (_, Some(base)) => base,
            (_, None) => return Err(Error::Request("fidelity needs `base`".into())),
        };
        let (base, config) = (byte_text(base)?, request.config);
        let text = interfaces::rewrite(base, config, request.fidelity, dialect, charset, notes)?;
        text_value(text, request.attach)
    };
    unsafe { call_reading(request, reply, Render::read, answer) }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{reply, spaced};
    use super::*;

    #[test]
    fn the_form_of_a_request_makes_no_difference() {
        let parse = concat!(
            r##"{"text":"auto a\niface a inet static\n\taddress 10.0.0.1/24\n#\\ \"x\"\nsource y\n","##,
            r#""links":[["a","ether",null,["b"]],["c",null,"bridge",null]],"active":["a"],"latin1":1}"#,
        );
        assert!(Parse::read_usual(parse).is_some() && Parse::read_usual(&spaced(parse)).is_none());
        let parsed = reply(pve_network_interfaces_parse, parse);
        assert_eq!(parsed, reply(pve_network_interfaces_parse, &spaced(parse)));

        let value = parsed.strip_prefix(r#"{"value":"#).unwrap();
        let value = value.strip_suffix(r#","warnings":[]}"#).unwrap();
        let render = format!(r#"{{"config":{value},"ifupdown2":1,"latin1":1}}"#);
        assert!(Render::read_usual(&render).is_some());
        assert!(Render::read_usual(&spaced(&render)).is_none());
        let rendered = reply(pve_network_interfaces_render, &render);
        assert!(rendered.contains(r"iface a inet static\n\taddress 10.0.0.1/24\n"), "{rendered}");
        assert_eq!(rendered, reply(pve_network_interfaces_render, &spaced(&render)));
    }

    #[test]
    fn a_text_may_be_attached() {
        let text = "iface \"a\\\" inet manual\n\n# caf\u{c3}\u{a9}\n";
        let quoted = serde_json::to_string(text).unwrap();
        let facts = r#""links":[["a\u0001b","ether",null,null]],"active":null,"latin1":1}"#;
        let parse = format!(r#"{{"text":{quoted},{facts}"#);
        for facts in [facts, &facts.replace("\\u0001", "")] {
            let quoted =
                reply(pve_network_interfaces_parse, &format!(r#"{{"text":{quoted},{facts}"#));
            let attached = reply(pve_network_interfaces_parse, &format!("{{{facts}\n{text}"));
            assert!(quoted.contains(r#""\"a\\\"":{"#), "{quoted}");
            assert_eq!(attached, quoted);
        }
        for (request, error) in [
            (format!("{{{facts}"), "there is no `text`"),
            (format!("{{{facts}iface a"), "there is no `text`"),
            (format!("{parse}\niface a"), "there is more than one text"),
            (format!("{parse}a"), "there is more than one text"),
            (String::new(), "it is empty"),
        ] {
            let reply = reply(pve_network_interfaces_parse, &request);
            assert!(reply.contains(error), "{request}: {reply}");
        }
    }

    #[test]
    fn a_value_is_attached_if_it_can_be() {
        let render = |options: &str, attach: &str| {
            let config = format!(r#"{{"ifaces":{{}},"options":[{options}]}}"#);
            let request = format!(r#"{{"config":{config},"ifupdown2":1,"latin1":1{attach}}}"#);
            reply(pve_network_interfaces_render, &request)
        };
        let line = r#"[2,"source \"caf\u00e9\""]"#;
        let quoted: serde_json::Value = serde_json::from_str(&render(line, "")).unwrap();
        let attached = render(line, r#","attach":1"#);
        let text = quoted["value"].as_str().unwrap();
        assert_eq!(attached, format!("{{\"warnings\":[]}}\n{text}"));

        let nul = r#"[2,"source \u0000"]"#;
        assert_eq!(render(nul, r#","attach":1"#), render(nul, ""));
    }
}
