//! Statements with a fixed text that the connection keeps prepared. diesel 2.3 keeps an INSERT and
//! a SELECT, but prepares an UPDATE anew each time, and has no arrays as tables.

/// Defines a statement for these databases: its text in pieces, each but the last followed by a
/// bound value. `-> (SQL types)` for a statement that returns rows.
///
/// ```text
/// kept_statement! { [Sqlite, Pg], Rename {
///     "UPDATE unit SET name = " name: Text = String, " WHERE id = " id: Binary = Vec<u8>, ""
/// } }
/// ```
macro_rules! kept_statement {
    (
        $(#[$doc:meta])* [$($backend:ty),+], $name:ident $(-> $row:ty)? {
            $($text:literal $($field:ident: $sql_type:ty = $type:ty)?),+ $(,)?
        }
    ) => {
        $(#[$doc])*
        pub(super) struct $name { $($(pub(super) $field: $type,)?)+ }

        impl diesel::query_builder::QueryId for $name {
            type QueryId = Self;
            const HAS_STATIC_QUERY_ID: bool = true;
        }

        $crate::store::kept_statement::kept_statement! {
            @fragments [$($backend),+] $name [$($text $([$field, $sql_type])?),+]
        }

        $(impl diesel::query_builder::Query for $name {
            type SqlType = $row;
        })?

        impl<C> diesel::RunQueryDsl<C> for $name {}
    };
    (@fragments [] $name:ident $pieces:tt) => {};
    (@fragments [$backend:ty $(, $more:ty)*] $name:ident [$($text:literal $([$field:ident, $sql_type:ty])?),+]) => {
        impl diesel::query_builder::QueryFragment<$backend> for $name {
            fn walk_ast<'b>(
                &'b self,
                mut out: diesel::query_builder::AstPass<'_, 'b, $backend>,
            ) -> diesel::QueryResult<()> {
                $(
                    out.push_sql($text);
                    $(out.push_bind_param::<$sql_type, _>(&self.$field)?;)?
                )+
                Ok(())
            }
        }

        $crate::store::kept_statement::kept_statement! {
            @fragments [$($more),*] $name [$($text $([$field, $sql_type])?),+]
        }
    };
}
pub(super) use kept_statement;
