//! The tables that move, and the kinds of their columns.

/// Is what a column holds, in both databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 16 octets: `uuid` there, a blob here.
    Id,
    Octets,
    Text,
    Number,
    Flag,
}

/// Is a table that moves.
pub struct Table {
    pub name: &'static str,
    pub columns: &'static [(&'static str, Kind)],
}

impl Table {
    /// Lists the columns as statements do.
    pub fn list(&self) -> String {
        self.columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    }
}

macro_rules! tables {
    ($($name:ident { $($column:ident $kind:ident),* $(,)? })*) => {
        /// Lists all tables that hold something worth keeping.
        pub const TABLES: &[Table] = &[
            $(Table { name: stringify!($name), columns: &[$((stringify!($column), Kind::$kind)),*] }),*
        ];
    };
}

tables! {
    tenants { tenant_id Id, name Text, created_at Number }
    sites { tenant_id Id, site_id Id, name Text, created_at Number }
    codes { tenant_id Id, hash Octets, site Text, kind Text, created_at Number, expires_at Number, spent_at Number }
    tenant_tokens { tenant_id Id, token_id Id, hash Octets, name Text, site Text, created_at Number, expires_at Number }
    senders {
        tenant_id Id, sender_id Id, site_id Id, name Text, kind Text, created_at Number, admission Text, admission_at Number,
        admission_reason Text, certificate Octets, said Text,
    }
    standings {
        tenant_id Id, sender_id Id, last_contact_at Number, last_success_at Number, last_data_at Number, last_error Text,
        last_error_at Number, last_report Text, last_sequence Number, next_at Number, stopped_at Number, next_sweep_at Number,
        owing_since Number,
    }
    credentials { tenant_id Id, sender_id Id, hash Octets, created_at Number }
    inbox { tenant_id Id, sender_id Id, sequence Number, report_id Text, received_at Number, coding Text, payload Octets }
    devices { tenant_id Id, device_id Id, site_id Id, created_at Number, overdue_since Number, overdue_why Text, twin_id Id }
    apart { tenant_id Id, device_id Id, other_id Id, said_by Text, said_at Number }
    marks { tenant_id Id, mark Text, device_id Id }
    views { tenant_id Id, sender_id Id, number Number, device_id Id, kind Text, read_at Number, view Octets, joined Text }
    history { tenant_id Id, day Number, device_id Id, sender_id Id, samples Octets }
    ledger {
        tenant_id Id, sender_id Id, day Text, due_at Number, kept Text, met_at Number, reports Number, devices Number, why Text,
    }
    commands {
        tenant_id Id, sender_id Id, command_id Text, issued_at Number, expires_at Number, command Text, handed_out_at Number, outcome Text,
    }
    signposts { kind Text, key Octets, tenant_id Id, id Octets }
    api_tokens { hash Octets, token_id Id, name Text, tenant_id Id, role Text, created_at Number, expires_at Number }
    users { name Text, user_id Id, password_hash Text, tenant_id Id, role Text, created_at Number, is_disabled Flag }
    web_sessions { hash Octets, user_id Id, created_at Number, expires_at Number }
}
