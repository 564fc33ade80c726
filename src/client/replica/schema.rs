//! The phone's tables for diesel, as created by `migrations/client`.

diesel::table! {
    /// One row: identity and enrolment of this phone.
    device (singleton) {
        singleton -> SmallInt,
        enrolled -> Bool,
        code -> Text,
        device_id -> Binary,
        private_key -> Binary,
        addresses -> Text,
        ca_sha256 -> Binary,
        account_id -> Binary,
        unit_id -> Binary,
        roles -> Binary,
        certificate -> Binary,
        certificate_signature -> Binary,
        authority_key -> Binary,
        token -> Text,
        token_expires -> BigInt,
        command_export_key -> Binary,
    }
}

diesel::table! {
    /// One row: the sync progress of this phone.
    sync_progress (singleton) {
        singleton -> SmallInt,
        next_number -> BigInt,
        epoch_number -> BigInt,
        epoch_id -> Binary,
        cursor -> Binary,
        staged_cursor -> Binary,
        sync_mark -> Binary,
        seq -> BigInt,
        safe_past_seq -> BigInt,
        server_time -> BigInt,
        forked_number -> BigInt,
        contact_at -> BigInt,
        clock_seen_at -> BigInt,
        longest_offline -> BigInt,
        lease_days -> SmallInt,
    }
}

diesel::table! {
    /// The present version of each record, as bytes.
    record (kind, id) {
        kind -> SmallInt,
        id -> Binary,
        revision -> BigInt,
        bytes -> Binary,
    }
}

diesel::table! {
    /// Every scope that the server has named to this phone.
    scope (local_id) {
        local_id -> Integer,
        kind -> SmallInt,
        id -> Binary,
        granted -> Bool,
        generation -> BigInt,
        server_generation -> BigInt,
        server_number -> BigInt,
        record_count -> BigInt,
        digest_sum -> Binary,
        rebuild_requested -> Bool,
        rebuild_count -> SmallInt,
        removal_reason -> SmallInt,
    }
}

diesel::table! {
    /// Which record the phone stores for which scope.
    scope_record (scope_local_id, kind, id) {
        scope_local_id -> Integer,
        kind -> SmallInt,
        id -> Binary,
        generation -> BigInt,
    }
}

diesel::table! {
    /// The changes received since the last checkpoint.
    staged_change (position) {
        position -> Integer,
        op -> SmallInt,
        kind -> SmallInt,
        id -> Binary,
        revision -> BigInt,
        bytes -> Binary,
        scopes -> Binary,
        argument -> BigInt,
    }
}

diesel::table! {
    /// The outbox: each command with its state and verdict.
    outbox_command (number) {
        number -> BigInt,
        report_id -> Binary,
        body_number -> SmallInt,
        bytes -> Binary,
        made_at -> BigInt,
        state -> SmallInt,
        outcome -> SmallInt,
        reason -> SmallInt,
        problems -> Text,
        seq -> BigInt,
        revision -> BigInt,
        record_id -> Binary,
        settled_seq -> BigInt,
        settled_at -> BigInt,
        resolved -> Bool,
    }
}

diesel::table! {
    /// Where each command waits that the server holds.
    held_place (number) {
        number -> BigInt,
        unit_id -> Binary,
        unit_name -> Text,
        reason -> SmallInt,
    }
}

diesel::table! {
    /// The latest receipts signed by the authority.
    command_receipt (commands_taken) {
        commands_taken -> BigInt,
        body -> Binary,
        signature -> Binary,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    record,
    scope_record,
    scope,
    outbox_command,
    held_place
);
