//! Statements, each with what it may reach, so that a test can go over all of them.

/// Says whose rows a statement may reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// One tenant's, and that tenant is the first parameter: the statement runs where that tenant lies.
    Tenant,
    /// Those of the tables at the door, which are looked up before a tenant is known and lie everywhere.
    Door,
    /// All tenants' rows: counting and keeping order. Few, and never on a sender's way.
    House,
    /// Catalogues and the schema.
    Schema,
}

/// Is one statement.
#[derive(Debug)]
pub struct Sql {
    pub name: &'static str,
    pub text: &'static str,
    pub reach: Reach,
}

/// Defines statements, and `ALL` of them: `Tenant NAME = "…";`.
macro_rules! statements {
    ($($reach:ident $name:ident = $text:expr;)*) => {
        $(pub const $name: $crate::postgres::sql::Sql = $crate::postgres::sql::Sql {
            name: concat!(module_path!(), "::", stringify!($name)),
            text: $text,
            reach: $crate::postgres::sql::Reach::$reach,
        };)*

        /// Lists them all, for the test that goes over every statement.
        #[cfg(test)]
        pub const ALL: &[&$crate::postgres::sql::Sql] = &[$(&$name),*];
    };
}
pub(super) use statements;
