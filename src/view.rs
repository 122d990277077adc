pub mod import;
pub(crate) use crate::output::text;
