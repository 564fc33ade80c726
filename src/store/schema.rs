//! The tables as diesel sees them, the same for both databases; `migrations/` creates them.
//!
//! Times are microseconds UTC, days are days since 1970, ids are 16 bytes.

diesel::table! {
    /// The one row that numbers all commits; epoch names this history of the database.
    feed_head (id) {
        id -> SmallInt,
        seq -> BigInt,
        chain -> Binary,
        auth_generation -> BigInt,
        epoch -> BigInt,
        epoch_id -> Binary,
        safe_past_seq -> BigInt,
    }
}

diesel::table! {
    /// One row a commit: its last seq and the chain after it.
    commit_log (last_seq) {
        last_seq -> BigInt,
        first_seq -> BigInt,
        chain -> Binary,
        committed_at -> BigInt,
    }
}

diesel::table! {
    /// The current version of every synced record, as phones store it. From contract on: of
    /// reports only, what lists and rules filter by.
    record (kind, id) {
        kind -> SmallInt,
        id -> Binary,
        revision -> BigInt,
        hash -> Binary,
        bytes -> Binary,
        contract -> Nullable<Binary>,
        unit -> Nullable<Binary>,
        start_day -> Nullable<Integer>,
        end_day -> Nullable<Integer>,
        cut -> Nullable<SmallInt>,
        state -> Nullable<SmallInt>,
        late -> Nullable<SmallInt>,
        last_device -> Nullable<Binary>,
        other_device_revision -> Nullable<BigInt>,
        author -> Nullable<Binary>,
        sent_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    /// A scope with its short number and the digest of its records.
    scope (number) {
        number -> Integer,
        kind -> SmallInt,
        id -> Binary,
        record_count -> BigInt,
        hash_sum -> Binary,
        generation -> BigInt,
        tombstone_floor -> BigInt,
    }
}

diesel::table! {
    /// The latest change of each record in each scope, in commit order.
    feed (scope_number, seq) {
        scope_number -> Integer,
        seq -> BigInt,
        kind -> SmallInt,
        id -> Binary,
        op -> SmallInt,
    }
}

diesel::table! {
    /// Every command received from a device, with its verdict.
    command (device, number) {
        device -> Binary,
        number -> BigInt,
        hash -> Binary,
        verdict -> SmallInt,
        reason -> Nullable<Text>,
        commit_seq -> BigInt,
        revision -> BigInt,
        details -> Nullable<Binary>,
        received_at -> BigInt,
    }
}

diesel::table! {
    /// Append only: one row a change, in seq order, hashed into the chain.
    audit (seq) {
        seq -> BigInt,
        account -> Binary,
        device -> Nullable<Binary>,
        action -> Text,
        record_kind -> Nullable<SmallInt>,
        record_id -> Nullable<Binary>,
        from_revision -> BigInt,
        to_revision -> BigInt,
        record_hash -> Nullable<Binary>,
        recorded_at -> BigInt,
    }
}

diesel::table! {
    /// The hash of each row that an audited step wrote into a table without records.
    audited_row (seq, table_name, row_key) {
        seq -> BigInt,
        table_name -> Text,
        row_key -> Text,
        row_hash -> Nullable<Binary>,
    }
}

diesel::table! {
    /// An account of an official or of an agency; no personal data.
    account (id) {
        id -> Binary,
        label -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    /// A role of an account on a unit for a range of days.
    grants (account, role, unit) {
        account -> Binary,
        role -> SmallInt,
        unit -> Binary,
        from_day -> Integer,
        to_day -> Integer,
    }
}

diesel::table! {
    /// An enrolled device: its key, its token and the position of its outbox.
    device (id) {
        id -> Binary,
        account -> Binary,
        public_key -> Binary,
        enrolled_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
        last_command_number -> BigInt,
        outcome_chain -> Binary,
        forked -> SmallInt,
        token_hash -> Nullable<Binary>,
        token_expires_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    /// Enrolment codes: single use, valid for ten minutes, or for the authority's period if only a
    /// picture carries them.
    enrol_code (hash) {
        hash -> Binary,
        account -> Binary,
        unit -> Binary,
        issued_at -> BigInt,
        expires_at -> BigInt,
        qr_only -> SmallInt,
        used_at -> Nullable<BigInt>,
        revoked_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    /// Nonces that devices have signed, until they expire.
    used_nonce (hash) {
        hash -> Binary,
        device -> Binary,
        expires_at -> BigInt,
    }
}

diesel::table! {
    /// Short numbers of units and elements, assigned once.
    short_id (kind, id) {
        kind -> SmallInt,
        id -> Binary,
        number -> Integer,
    }
}

diesel::table! {
    /// The ancestors of a unit today, nearest first; a closed unit has those of its successor.
    unit_ancestor (unit, position) {
        unit -> Binary,
        position -> Integer,
        ancestor -> Binary,
    }
}

diesel::table! {
    /// The unit that acts for a unit today: itself or its successor.
    unit_successor (unit) {
        unit -> Binary,
        successor -> Binary,
    }
}

diesel::table! {
    /// Accounts that wrote in a report: an author cannot accept it.
    report_author (report, account) {
        report -> Binary,
        account -> Binary,
    }
}

diesel::table! {
    /// Comments, conflicts and proposals of a report.
    report_attachment (report, kind, id) {
        report -> Binary,
        kind -> SmallInt,
        id -> Binary,
    }
}

diesel::table! {
    /// Every sent revision, never deleted.
    report_revision (report, revision) {
        report -> Binary,
        revision -> BigInt,
        state -> SmallInt,
        content_hash -> Binary,
        bytes -> Binary,
        received_at -> BigInt,
    }
}

diesel::table! {
    /// Figures of an earlier window by the unit's uid, versioned, with their source.
    baseline (unit_uid, element, version, start_day, end_day) {
        unit_uid -> Text,
        element -> Text,
        version -> Integer,
        start_day -> Integer,
        end_day -> Integer,
        value -> BigInt,
        status -> Text,
        source -> Text,
    }
}

diesel::table! {
    /// Commands that are stored but not applied until their parent arrives or a reviewer decides.
    held_command (id) {
        id -> Binary,
        device -> Binary,
        command_number -> BigInt,
        report -> Binary,
        unit -> Binary,
        is_waiting -> SmallInt,
        reason -> SmallInt,
        held_at -> BigInt,
        command_bytes -> Binary,
    }
}

diesel::table! {
    /// Revoked roles: commands written under one go to the held commands of the unit.
    former_grant (account, role, unit) {
        account -> Binary,
        role -> SmallInt,
        unit -> Binary,
    }
}

diesel::table! {
    /// Responses of unary writes by request id.
    idempotency_key (account, request_id) {
        account -> Binary,
        request_id -> Binary,
        method -> Text,
        response -> Binary,
        created_at -> BigInt,
    }
}

diesel::table! {
    /// One claimed slot of a job.
    job_run (job, slot_at) {
        job -> Text,
        slot_at -> BigInt,
        state -> Text,
        owner -> Text,
        fencing_token -> BigInt,
        started_at -> BigInt,
        ended_at -> Nullable<BigInt>,
        cut_seq -> Nullable<BigInt>,
        input_digest -> Nullable<Binary>,
        output_digest -> Nullable<Binary>,
        message -> Nullable<Text>,
    }
}

diesel::table! {
    /// The current lease of each job.
    job_lease (job) {
        job -> Text,
        owner -> Text,
        fencing_token -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    /// Facts about this authority: its root unit, applied changes.
    setting (name) {
        name -> Text,
        value -> Binary,
    }
}

diesel::table! {
    /// One published nightly run, never changed afterwards.
    run_manifest (id) {
        id -> Binary,
        campaign -> Binary,
        number -> BigInt,
        cut_seq -> BigInt,
        as_of_day -> Integer,
        published_at -> BigInt,
        code_version -> Text,
        input_digest -> Binary,
        output_digest -> Binary,
        reference_digest -> Binary,
        baselines_digest -> Binary,
        standings -> Binary,
        semantics -> Integer,
        is_final -> SmallInt,
        supersedes -> BigInt,
    }
}

diesel::table! {
    /// Inputs of runs other than reports, each content stored once.
    run_input (digest) {
        digest -> Binary,
        bytes -> Binary,
    }
}

diesel::table! {
    /// Keys of partner agencies, by the hash of their secret; revoked keys stay.
    service_key (id) {
        id -> Binary,
        account -> Binary,
        hash -> Binary,
        unit -> Binary,
        campaign -> Nullable<Binary>,
        allowed_calls -> Text,
        contracts -> Text,
        issued_at -> BigInt,
        expires_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    /// Passwords of accounts for desk sessions: algorithm, salt and hash.
    password (account) {
        account -> Binary,
        algorithm -> Text,
        salt -> Binary,
        hash -> Binary,
        set_at -> BigInt,
    }
}

diesel::table! {
    second_factor (account) {
        account -> Binary,
        salt -> Binary,
        recovery_hashes -> Binary,
        last_step -> BigInt,
        enrolled_at -> BigInt,
    }
}

diesel::table! {
    /// Append only: the steps of two persons on the award of a campaign.
    award_entry (campaign, number) {
        campaign -> Binary,
        number -> Integer,
        step -> Text,
        reference -> Text,
        document_day -> Integer,
        reason -> Text,
        entered_day -> Integer,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    audit,
    audited_row,
    feed,
    record,
    report_revision,
    scope,
    device,
    grants
);
