//! `/etc/network/interfaces`.

use super::{
    PveNetworkStatus, as_text, call_reading, data_value, read_attached, start_from_json, text_value,
};
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
    /// Facts of every link, see [`Link::read_all`]; null where the caller has none.
    #[serde(borrow)]
    links: Option<Text<'a>>,
    /// The names of the links that are up.
    #[serde(borrow)]
    active: Option<Vec<Text<'a>>>,
    /// 1 for the rules of pve-common 9.2, see [`Charset`].
    latin1: u8,
    /// 1 if the value is to be attached to the reply.
    #[serde(default)]
    attach: u8,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Render<'a> {
    /// The configuration; it may be attached.
    #[serde(borrow)]
    config: Option<Config<'a>>,
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
    fn read(request: &'a [u8]) -> Result<Self> {
        let (mut parse, attached) =
            Self::read_usual(request).map_or_else(|| start_from_json(request), Ok)?;
        let read = |text| as_text(text).map(|text| Text(text.into()));
        parse.text = Some(read_attached(parse.text, "text", attached, read)?);
        Ok(parse)
    }

    /// Reads it as the shims write it; returns what follows, too.
    fn read_usual(request: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (mut text, mut links, mut active, mut latin1, mut attach) = (None, None, None, None, 0);
        let ((), rest) = Reader::read_start(request, |json| {
            json.object(|json, name| {
                match name.as_ref() {
                    "text" => text = Some(Text(json.text()?)),
                    "links" => links = json.optional(read_text)?,
                    "active" => active = json.optional(|json| json.list(read_text))?,
                    "latin1" => latin1 = Some(read_flag(json)?),
                    "attach" => attach = read_flag(json)?,
                    _ => return None,
                }
                Some(())
            })
        })?;
        Some((Parse { text, links, active, latin1: latin1?, attach }, rest))
    }
}

impl<'a> Render<'a> {
    fn read(request: &'a [u8]) -> Result<Self> {
        let (mut render, attached) =
            Self::read_usual(request).map_or_else(|| start_from_json(request), Ok)?;
        let read = |document| {
            Config::read_sereal(document).ok_or_else(|| {
                Error::Request("what is attached is not a configuration of plain data".into())
            })
        };
        render.config = Some(read_attached(render.config, "config", attached, read)?);
        Ok(render)
    }

    /// Reads it as the shims write it, if it is `exact`; returns what follows, too.
    fn read_usual(request: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (mut config, mut ifupdown2, mut latin1, mut attach) = (None, None, None, 0);
        let ((), rest) = Reader::read_start(request, |json| {
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
        let (ifupdown2, latin1, fidelity) = (ifupdown2?, latin1?, Fidelity::Exact);
        Some((Render { config, ifupdown2, latin1, fidelity, base: None, attach }, rest))
    }
}

fn read_text<'a>(json: &mut Reader<'a>) -> Option<Text<'a>> {
    json.text().map(Text)
}

fn read_flag(json: &mut Reader) -> Option<u8> {
    json.integer()?.try_into().ok()
}

fn charset(latin1: u8) -> Charset {
    if latin1 == 0 { Charset::Ascii } else { Charset::Latin1 }
}

pub(super) fn byte_text(text: &str) -> Result<ByteText<'_>> {
    ByteText::new(text).ok_or_else(|| Error::Unsupported("the text is not one of bytes".into()))
}

/// Parses the text of `/etc/network/interfaces`.
///
/// Request: `{"text", "links", "active": [name…], "latin1": 0|1, "attach": 0|1}`; without `text`, it is
/// attached: what follows the newline. `links` is a text in which each is `/NAME/TYPE/KIND/COUNT` and so
/// many other names, with a `/` or whatever it starts with in front of each; `TYPE` and `KIND` may be
/// empty. Value: `{"ifaces": {name: {…}}, "options": [[priority, line]…]}`, attached as Sereal if the
/// request says so and that holds no NUL.
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
        let links = request.links.unwrap_or_default().0;
        let links = Link::read_all(&links)
            .ok_or_else(|| Error::Request("`links` is not a text of links".into()))?;
        let facts = Facts {
            links,
            active: request.active.unwrap_or_default().into_iter().map(|name| name.0).collect(),
        };
        let text = request.text.unwrap_or_default().0;
        let (text, charset) = (byte_text(&text)?, charset(request.latin1));
        // Perl makes a hash of the interfaces: their order is of no use to it.
        let config = interfaces::parse_unsorted(text, &facts, charset)?;
        let size = 4 * text.as_str().len();
        data_value(
            size,
            request.attach,
            |out| config.write_sereal(out),
            |json| config.write_json(json),
        )
    };
    unsafe { call_reading(request, reply, Parse::read, answer) }
}

/// Writes the text of `/etc/network/interfaces`.
///
/// Request: `{"config": {"ifaces", "options"}, "ifupdown2": 0|1, "latin1": 0|1, "fidelity":
/// "exact"|"warn"|"preserve", "base": TEXT, "attach": 0|1}`; without `config`, it is attached as Sereal;
/// without the last three it is `exact`, and the value is not attached. Value: the text, of characters
/// that are to be encoded as UTF-8; attached if the request says so and it holds no NUL.
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
        let text = interfaces::rewrite(
            byte_text(base)?,
            request.config.unwrap_or_default(),
            request.fidelity,
            dialect,
            charset,
            notes,
        )?;
        text_value(text, request.attach)
    };
    unsafe { call_reading(request, reply, Render::read, answer) }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{reply, reply_to, spaced};
    use super::*;

    #[test]
    fn the_form_of_a_request_makes_no_difference() {
        let parse = concat!(
            r##"{"text":"auto a\niface a inet static\n\taddress 10.0.0.1/24\n#\\ \"x\"\nsource y\n","##,
            r#""links":"/a/ether//1/b/c//bridge/0","active":["a"],"latin1":1}"#,
        );
        assert!(
            Parse::read_usual(parse.as_bytes()).is_some()
                && Parse::read_usual(spaced(parse).as_bytes()).is_none()
        );
        let parsed = reply(pve_network_interfaces_parse, parse);
        assert_eq!(parsed, reply(pve_network_interfaces_parse, &spaced(parse)));

        let value = parsed.strip_prefix(r#"{"value":"#).unwrap();
        let value = value.strip_suffix(r#","warnings":[]}"#).unwrap();
        let render = format!(r#"{{"config":{value},"ifupdown2":1,"latin1":1}}"#);
        assert!(Render::read_usual(render.as_bytes()).is_some());
        assert!(Render::read_usual(spaced(&render).as_bytes()).is_none());
        let rendered = reply(pve_network_interfaces_render, &render);
        assert!(rendered.contains(r"iface a inet static\n\taddress 10.0.0.1/24\n"), "{rendered}");
        assert_eq!(rendered, reply(pve_network_interfaces_render, &spaced(&render)));
    }

    #[test]
    fn a_text_may_be_attached() {
        let text = "iface \"a\\\" inet manual\n\n# caf\u{c3}\u{a9}\n";
        let quoted = serde_json::to_string(text).unwrap();
        let facts = r#""links":"/a\u0001b/ether//0","active":null,"latin1":1}"#;
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
            (format!("{parse}\niface a"), "there is more than one `text`"),
            (format!("{parse}a"), "there is more than one `text`"),
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

    #[test]
    fn data_may_be_attached() {
        let text = "auto a\niface a inet static\n\taddress 10.0.0.1/24\nsource \u{c3}\u{a9}\n";
        let parse = |more: &str| {
            let request = format!(r#"{{"links":"","active":null,"latin1":1{more}}}"#) + "\n" + text;
            reply_to(pve_network_interfaces_parse, request.as_bytes())
        };
        let quoted = parse("");
        let quoted = quoted.strip_prefix(br#"{"value":"#).unwrap();
        let quoted = quoted.strip_suffix(br#","warnings":[]}"#).unwrap();
        let attached = parse(r#","attach":1"#);
        let document = attached.strip_prefix(b"{\"warnings\":[]}\n").unwrap();
        assert_eq!(Config::read_sereal(document), serde_json::from_slice(quoted).unwrap());

        let render = |config: &[u8], attached: &[u8]| {
            let request = [b"{", config, br#""ifupdown2":1,"latin1":1}"#, attached].concat();
            String::from_utf8(reply_to(pve_network_interfaces_render, &request)).unwrap()
        };
        let quoted = [br#""config":"#, quoted, b","].concat();
        let written = render(&quoted, b"");
        assert!(written.contains(r"\niface a inet static\n"), "{written}");
        let document = &attached["{\"warnings\":[]}".len()..];
        assert_eq!(render(b"", document), written);
        for (config, attached, error) in [
            (&b""[..], &b""[..], "there is no `config`"),
            (b"", b"\n{}", "what is attached is not a configuration of plain data"),
            (b"", &document[..document.len() - 1], "what is attached is not a configuration"),
            (&quoted, document, "there is more than one `config`"),
        ] {
            let reply = render(config, attached);
            assert!(reply.contains(error), "{error}: {reply}");
        }
    }

    #[test]
    fn links_are_those_of_a_text() {
        let parse = |links: &str| {
            let request = r#"{"text":"","links":LINKS,"active":null,"latin1":1}"#;
            reply(pve_network_interfaces_parse, &request.replace("LINKS", links))
        };
        assert!(parse(r#""/eth7/ether//0""#).contains(r#""eth7":{"exists":1"#));
        assert_eq!(parse("null"), parse(r#""""#));
        for (links, error) in
            [(r#""eth7""#, "`links` is not a text of links"), ("[]", "invalid type: sequence")]
        {
            let reply = parse(links);
            assert!(reply.contains(error), "{reply}");
        }
    }
}
