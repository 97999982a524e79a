//! The section configs of SDN.

use super::interfaces::byte_text;
use super::{PveNetworkStatus, call, sized_value, value};
use crate::error::{Error, Result};
use crate::perl::Text;
use crate::section_config::schema::Type;
use crate::section_config::{self, Config, File};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ffi::c_char;

/// What the caller's plugins say a file may hold: the options of each type in the caller's order,
/// with 1 for optional ones.
type Options<'a> = BTreeMap<Text<'a>, Vec<(Text<'a>, u8)>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parse<'a> {
    file: File,
    /// What warnings call the file.
    #[serde(borrow)]
    name: Text<'a>,
    /// The text of the file, one character for each byte; null if there is no file.
    text: Option<String>,
    /// 1 to keep sections of unknown types.
    allow_unknown: u8,
    #[serde(borrow)]
    options: Options<'a>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Render<'a> {
    file: File,
    #[serde(borrow)]
    config: Config<'a>,
    /// As in [`Parse`].
    allow_unknown: u8,
    #[serde(borrow)]
    options: Options<'a>,
}

/// Refuses what another release of the original may hold in its files.
fn check_options(file: File, options: &Options) -> Result<()> {
    let known = file.schema().types;
    let is_known = |kind: &Type, options: &[(Text, u8)]| {
        options.len() == kind.required.len() + kind.optional.len()
            && options.iter().all(|(name, optional)| {
                let list = if *optional == 0 { kind.required } else { kind.optional };
                list.contains(&&*name.0)
            })
    };
    let all = options.len() == known.len()
        && options
            .iter()
            .zip(known)
            .all(|((name, options), kind)| name.0 == kind.name && is_known(kind, options));
    if all {
        return Ok(());
    }
    Err(Error::Unsupported(format!("{} has other properties than known", file.path())))
}

/// What a type requires. The original looks for it in the order of a hash.
fn required<'o>(options: &'o Options, kind: &Type) -> Vec<&'o str> {
    let options = options.iter().find(|(name, _)| name.0 == kind.name);
    let names = options.into_iter().flat_map(|(_, options)| options);
    names.filter(|(_, optional)| *optional == 0).map(|(name, _)| &*name.0).collect()
}

/// Reads a section config.
///
/// Request: `{"file": "zones"|"vnets"|"subnets"|"controllers"|"ipams"|"dns", "name", "text",
/// "allow_unknown": 0|1, "options": {type: [[property, 0|1]]}}`, where 1 is an optional property.
/// Value: `{"ids", "order", "digest"}`, and `"errors"` if there are any.
///
/// # Safety
///
/// `request` is null or a NUL-terminated string; `reply` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pve_network_section_config_parse(
    request: *const c_char,
    reply: *mut *mut c_char,
) -> PveNetworkStatus {
    let answer = |request: Parse, notes: &mut _| {
        check_options(request.file, &request.options)?;
        let text = request.text.unwrap_or_default();
        let allow_unknown = request.allow_unknown != 0;
        let bytes = byte_text(&text)?;
        let name = &request.name.0;
        let required = |kind: &Type| required(&request.options, kind);
        let config = section_config::parse_requiring(
            request.file,
            name,
            bytes,
            allow_unknown,
            &required,
            notes,
        );
        sized_value(&config, 2 * text.len())
    };
    unsafe { call(request, reply, answer) }
}

/// Writes a section config.
///
/// Request: `{"file", "config": {"ids", "order"}, "allow_unknown", "options"}`, see
/// [`pve_network_section_config_parse`]. Value: the text.
///
/// # Safety
///
/// As for [`pve_network_section_config_parse`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pve_network_section_config_render(
    request: *const c_char,
    reply: *mut *mut c_char,
) -> PveNetworkStatus {
    let answer = |request: Render, _: &mut _| {
        check_options(request.file, &request.options)?;
        let allow_unknown = request.allow_unknown != 0;
        value(&section_config::render(request.file, &request.config, allow_unknown)?)
    };
    unsafe { call(request, reply, answer) }
}
