//! The suite that every backend must pass, one function a rule.
//!
//! A rule gets an empty store and panics where the store does otherwise. [`run_all`] gives each
//! rule a store of its own.

pub mod cluster;
mod fleet;
mod intake;
mod isolation;
mod joining;
mod ledger;
mod people;
mod registry;
mod upkeep;
pub mod world;

use std::pin::Pin;
use std::sync::Arc;

use crate::Store;

/// Is a store for one rule.
pub type Subject = Arc<dyn Store>;

/// Is one rule.
pub struct Rule {
    /// Says the rule, with underscores.
    pub name: &'static str,
    /// Checks it.
    pub check: fn(Subject) -> Pin<Box<dyn Future<Output = ()> + Send>>,
}

macro_rules! rules {
    ($($module:ident: $($name:ident)*;)*) => {
        /// Lists all rules.
        pub const RULES: &[Rule] = &[$($(
            Rule { name: stringify!($name), check: |store| Box::pin($module::$name(store)) },
        )*)*];
    };
}

rules! {
    registry:
        names_of_tenants_are_unique
        a_code_lets_one_sender_in
        of_two_who_show_a_code_at_once_one_gets_in
        codes_end_and_are_for_one_kind
        a_tenant_token_lets_many_in_until_it_is_revoked
        both_secrets_are_good_until_the_new_one_is_shown
        a_secret_that_was_never_shown_is_replaced
        a_revoked_or_retired_sender_has_no_secret
        the_first_certificate_stays
        contacts_are_noted_and_a_success_clears_the_error
        senders_are_listed_part_by_part;
    people:
        tokens_end_and_are_revoked_within_their_scope
        names_of_users_are_unique
        a_session_ends_with_its_time_its_account_or_its_password;
    intake:
        a_report_sent_twice_changes_nothing
        an_older_report_sent_again_is_a_duplicate_while_the_inbox_has_it
        a_report_whose_number_was_passed_is_stale
        changes_on_another_base_need_a_whole_report
        changes_that_do_not_fit_leave_no_trace
        reports_that_come_together_are_taken_in_order
        a_refused_report_leaves_the_others_as_they_are
        payloads_are_kept_as_they_came
        only_admitted_senders_are_heard
        the_largest_sequence_number_is_the_last
        what_a_sender_tells_of_itself_is_remembered
        reports_that_come_at_once_are_all_answered;
    fleet:
        a_view_is_what_the_reports_left
        old_readings_go_into_their_own_day
        within_an_hour_the_newest_sample_stays
        a_glimpse_writes_down_only_what_it_saw
        agent_and_module_tell_of_one_device
        two_agents_and_two_numbers_are_two_devices
        pages_meet_every_device_once
        history_is_cut_at_its_old_end
        a_device_is_overdue_until_it_is_read
        a_clock_ahead_hides_nothing;
    joining:
        what_joins_by_itself_says_on_what_evidence
        a_serial_number_read_later_joins_and_moves_history
        another_serial_number_contradicts_the_same_address
        a_parted_view_takes_its_history_along_and_stays_apart
        a_person_joins_and_parts
        copies_are_kept_apart_and_told
        a_module_in_another_printer_is_refused
        marks_that_are_gone_find_nothing
        a_view_that_comes_to_contradict_the_others_leaves_them
        a_view_that_a_person_joined_stays_whatever_it_bears
        a_joining_keeps_every_reason_with_its_points
        placeholders_join_nobody
        boards_that_change_places_take_no_printer_along
        a_uuid_alone_joins_a_view_without_a_serial_number
        two_of_one_serial_number_whose_counters_disagree_stay_two
        what_a_person_parted_stays_apart_whatever_joins_it_later;
    ledger:
        every_day_gets_its_line
        a_report_finds_its_day_even_before_the_sweep
        nothing_is_expected_of_who_has_stopped
        commands_are_handed_out_until_their_outcome_is_told
        commands_end;
    upkeep:
        what_is_old_goes_and_the_rest_stays
        an_erased_device_leaves_nothing
        an_erased_tenant_leaves_nothing
        counts_tell_how_much_there_is;
    isolation:
        no_question_shows_another_tenant
        no_change_touches_another_tenant;
}

/// Checks all rules, each on a new store.
pub async fn run_all(make: impl Fn() -> Subject) {
    for rule in RULES {
        // A panic shows its rule as the last line before it.
        eprintln!("rule {}", rule.name);
        (rule.check)(make()).await;
    }
}

/// Checks all rules, each on a new store that takes a while to make.
pub async fn run_all_slowly<F: Future<Output = Subject>>(make: impl Fn() -> F) {
    for rule in RULES {
        eprintln!("rule {}", rule.name);
        (rule.check)(make().await).await;
    }
}
