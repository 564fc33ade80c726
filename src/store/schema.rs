//! The tables as diesel sees them, the same for both databases; `migrations/` is where they are made.
//!
//! Knows no query. Times are microseconds UTC, days are days since 1970, ids are 16 bytes.

diesel::table! {
    /// The one row that orders all commits, and the epoch of this history.
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
    /// One row a commit: where it ended and the chain there.
    commit_log (last_seq) {
        last_seq -> BigInt,
        first_seq -> BigInt,
        chain -> Binary,
        committed_at -> BigInt,
    }
}

diesel::table! {
    /// The present version of every synced record: the bytes that phones hold.
    record (kind, id) {
        kind -> SmallInt,
        id -> Binary,
        revision -> BigInt,
        hash -> Binary,
        bytes -> Binary,
    }
}

diesel::table! {
    /// A scope, its short number and its digest.
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
    /// Latest change of each record in each scope, in commit order.
    feed (scope_number, seq) {
        scope_number -> Integer,
        seq -> BigInt,
        kind -> SmallInt,
        id -> Binary,
        op -> SmallInt,
    }
}

diesel::table! {
    /// Every command ever taken from a device, and what became of it.
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
    /// Append only: every change, in order, under the chain.
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
    /// An official's or an agency's account; no personal data.
    account (id) {
        id -> Binary,
        label -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    /// A role of an account on a unit for a window of days.
    grants (account, role, unit) {
        account -> Binary,
        role -> SmallInt,
        unit -> Binary,
        from_day -> Integer,
        to_day -> Integer,
    }
}

diesel::table! {
    /// An enrolled device with its key and its place in its outbox.
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
    /// Single use, at most ten minutes.
    enrol_code (hash) {
        hash -> Binary,
        account -> Binary,
        expires_at -> BigInt,
        used_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    /// A question that only the device's key can answer.
    used_nonce (hash) {
        hash -> Binary,
        device -> Binary,
        expires_at -> BigInt,
    }
}

diesel::table! {
    /// Short numbers of units and elements, given once.
    short_id (kind, id) {
        kind -> SmallInt,
        id -> Binary,
        number -> Integer,
    }
}

diesel::table! {
    /// The units above a unit as of today, a closed one under its successor.
    unit_ancestor (unit, position) {
        unit -> Binary,
        position -> Integer,
        ancestor -> Binary,
    }
}

diesel::table! {
    /// Who acts for a unit today: itself, or the successor.
    unit_successor (unit) {
        unit -> Binary,
        successor -> Binary,
    }
}

diesel::table! {
    /// What lists and rules need of a report besides its bytes.
    report (id) {
        id -> Binary,
        contract -> Binary,
        unit -> Binary,
        calendar -> Text,
        start_day -> Integer,
        end_day -> Integer,
        cut -> SmallInt,
        state -> SmallInt,
        late -> SmallInt,
        received_day -> Nullable<Integer>,
        last_device -> Nullable<Binary>,
        other_device_revision -> BigInt,
    }
}

diesel::table! {
    /// Who wrote in a report: nobody accepts the own one.
    report_author (report, account) {
        report -> Binary,
        account -> Binary,
    }
}

diesel::table! {
    /// Comments and conflicts, which go where their report goes.
    report_attachment (report, kind, id) {
        report -> Binary,
        kind -> SmallInt,
        id -> Binary,
    }
}

diesel::table! {
    /// Every sent revision, for ever.
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
    /// Commands that are kept but not applied, until their parent comes or a person decides.
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
    /// Roles that were taken away: what their holder typed before goes to the hand-over box of the unit.
    former_grant (account, role, unit) {
        account -> Binary,
        role -> SmallInt,
        unit -> Binary,
    }
}

diesel::table! {
    /// Answers of unary writes by request id.
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
    /// Who runs a job now.
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
    /// One published run of the night, never changed afterwards.
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
    }
}

diesel::table! {
    /// What runs were reckoned from besides reports, each content once.
    run_input (digest) {
        digest -> Binary,
        bytes -> Binary,
    }
}

diesel::table! {
    /// Keys of partner agencies, by the hash of their secret; a revoked one stays.
    service_key (id) {
        id -> Binary,
        account -> Binary,
        hash -> Binary,
        unit -> Binary,
        campaign -> Nullable<Binary>,
        allowed_calls -> Text,
        issued_at -> BigInt,
        expires_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    /// Passwords of accounts at a desk: how each was hashed, its salt and its hash.
    password (account) {
        account -> Binary,
        algorithm -> Text,
        salt -> Binary,
        hash -> Binary,
        set_at -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    feed,
    record,
    report,
    report_revision,
    scope,
    device,
    grants
);
