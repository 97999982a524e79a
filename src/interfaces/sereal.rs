//! A configuration as Sereal.

use super::iface::Iface;
use super::model::{Config, Line, room_for};
use crate::perl::sereal::{self, Reader};
use indexmap::map::Entry;

impl<'a> Config<'a> {
    /// Reads it from a document of Sereal; `None` leaves that to JSON.
    pub fn read_sereal(document: &'a [u8]) -> Option<Self> {
        let (mut ifaces, mut options) = (None, None);
        Reader::read(document, |data| {
            data.hash(|data, key| match key.as_ref() {
                "ifaces" if ifaces.is_none() => {
                    let ifaces = ifaces.insert(room_for(data.left() / 160));
                    data.hash(|data, name| match ifaces.entry(name) {
                        // Read where it stays: it is large.
                        Entry::Vacant(place) => place.insert(Iface::default()).read_sereal(data),
                        Entry::Occupied(_) => None, // no hash has a key twice
                    })
                }
                "options" => {
                    let lines = 0..data.array()?;
                    options = Some(lines.map(|_| Line::read_sereal(data)).collect::<Option<_>>()?);
                    Some(())
                }
                _ => None,
            })
        })?;
        Some(Config::of_hash(ifaces?, options?))
    }

    /// Appends it as a document of Sereal.
    pub fn write_sereal(&self, out: &mut Vec<u8>) {
        sereal::start(out);
        sereal::write_hash_start(out, 2);
        sereal::write_text(out, "ifaces");
        sereal::write_hash_start(out, self.ifaces.len());
        for (name, iface) in &self.ifaces {
            sereal::write_text(out, name);
            iface.write_sereal(out);
        }
        sereal::write_text(out, "options");
        sereal::write_array_start(out, self.options.len());
        for line in &self.options {
            sereal::write_array_start(out, 2);
            sereal::write_value(out, &line.priority);
            sereal::write_text(out, &line.text);
        }
    }
}

impl<'a> Line<'a> {
    fn read_sereal(data: &mut Reader<'a>) -> Option<Self> {
        if data.array()? != 2 {
            return None;
        }
        Some(Line { priority: data.value()?, text: data.text()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interfaces::Key;
    use crate::perl::Value;

    /// A document of that data.
    fn document(data: &str) -> Vec<u8> {
        let mut document = Vec::new();
        sereal::start(&mut document);
        sereal::write_value(&mut document, &serde_json::from_str(data).unwrap());
        document
    }

    #[test]
    fn configurations_survive() {
        for data in [
            r#"{"ifaces":{},"options":[]}"#,
            r#"{"ifaces":{"a":{}},"options":[[2,"source x"],["x","mapping \u00e9"],[null,""]]}"#,
            r#"{"ifaces":{"vmbr0":{"type":"bridge","bridge_ports":["a","b\u00e9"],"mtu":9000,"x":null},
                "a\n":{"\u00e9":-1.5,"vlan-raw-device":"\u20ac"}},"options":[]}"#,
        ] {
            let config: Config = serde_json::from_str(data).unwrap();
            let mut written = Vec::new();
            config.write_sereal(&mut written);
            assert_eq!(Config::read_sereal(&written).as_ref(), Some(&config));
            assert_eq!(Config::read_sereal(&document(data)), Some(config));
        }
        let mut config: Config =
            serde_json::from_str(r#"{"ifaces":{"a":{}},"options":[]}"#).unwrap();
        for (_, key) in crate::interfaces::key::KEYS {
            config.ifaces[0].set(*key, Value::text("x"));
            let mut written = Vec::new();
            config.write_sereal(&mut written);
            assert_eq!(Config::read_sereal(&written).as_ref(), Some(&config), "{key:?}");
        }
        assert!(config.ifaces[0].get(Key::VxlanId).is_some());
    }

    #[test]
    fn what_is_none_is_refused() {
        for data in [
            "1",
            "[]",
            "{}",
            r#"{"ifaces":{}}"#,
            r#"{"options":[]}"#,
            r#"{"ifaces":[],"options":[]}"#,
            r#"{"ifaces":{"a":1},"options":[]}"#,
            r#"{"ifaces":{"a":{"b":{}}},"options":[]}"#,
            r#"{"ifaces":{},"options":{}}"#,
            r#"{"ifaces":{},"options":[1]}"#,
            r#"{"ifaces":{},"options":[[1]]}"#,
            r#"{"ifaces":{},"options":[[1,"a","b"]]}"#,
            r#"{"ifaces":{},"options":[[1,2]]}"#,
            r#"{"ifaces":{},"options":[],"more":1}"#,
        ] {
            assert_eq!(Config::read_sereal(&document(data)), None, "{data}");
        }
    }

    #[test]
    fn a_name_is_there_once() {
        let mut document = document(r#"{"ifaces":{"<a":{},"<b":{}},"options":[]}"#);
        assert!(Config::read_sereal(&document).is_some());
        let name = document.windows(2).position(|bytes| bytes == b"<b").unwrap();
        document[name + 1] = b'a';
        assert_eq!(Config::read_sereal(&document), None);
    }
}
