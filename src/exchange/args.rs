//! The arguments of a plugin's method, by name.

use crate::error::Result;
use crate::perl::deref;
use serde_json::Value as Json;

/// Arguments by name; one that is missing is undef.
#[derive(Debug, Clone, Copy)]
pub struct Args<'a>(pub &'a Json);

impl<'a> Args<'a> {
    /// The value as it came.
    pub(crate) fn value(self, name: &str) -> &'a Json {
        self.0.get(name).unwrap_or(&Json::Null)
    }

    /// Arguments that are in a hash of their own: a subnet, a range.
    pub(crate) fn within(self, name: &str) -> Self {
        Args(self.value(name))
    }

    /// Its text, empty for undef.
    pub(crate) fn text(self, name: &str) -> Result<String> {
        Ok(deref::text(self.value(name))?.into_owned())
    }

    /// Perl's truth of it.
    pub(crate) fn is_true(self, name: &str) -> bool {
        deref::is_true(self.value(name))
    }

    /// The value, if it is true.
    pub(crate) fn true_value(self, name: &str) -> Option<&'a Json> {
        Some(self.value(name)).filter(|value| deref::is_true(value))
    }
}
