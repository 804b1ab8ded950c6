//! What is decided, what is refused, and that nothing unsafe gets through.

use proptest::prelude::*;

use super::*;
use crate::limits::Group;

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// A machine of 16 GiB with 8 GiB available and no swap.
fn limits() -> Limits {
    Limits { total_bytes: 16 * GIB, available_bytes: 8 * GIB, ..Limits::default() }
}

/// The request that a JSON text holds.
fn request(json: &str) -> Request {
    serde_json::from_str(json).unwrap()
}

fn decided(json: &str) -> Plan {
    Plan::decide(&request(json), &limits()).unwrap()
}

fn refused(json: &str) -> String {
    Plan::decide(&request(json), &limits()).unwrap_err().to_string()
}

#[test]
fn with_nothing_asked_for_a_quarter_of_what_is_available_rises_in_ten_seconds() {
    let plan = decided("{}");
    assert_eq!((plan.pattern, plan.kind), (Pattern::Ramp, Kind::Anon));
    assert_eq!((plan.size_bytes, plan.duration_ms), (2 * GIB, 30_000));
    let points: Vec<_> = plan.curve().points().iter().map(|p| (p.at_ms, p.bytes)).collect();
    assert_eq!(points, [(0, 0), (10_000, 2 * GIB), (30_000, 2 * GIB)]);
}

#[test]
fn sizes_are_absolute_or_shares_and_whole_pages() {
    for (json, expected) in [
        (r#"{"size":"2GiB"}"#, 2 * GIB),
        (r#"{"size_bytes":8193}"#, 8192),
        (r#"{"size":"25%"}"#, 4 * GIB),
        (r#"{"size":"50%available"}"#, 4 * GIB),
        (r#"{"size":"5MiB","kind":"thp"}"#, 4 * MIB),
    ] {
        let plan = decided(json);
        assert_eq!((plan.size_bytes, plan.pattern), (expected, Pattern::Hold), "{json}");
        assert_eq!(plan.duration_ms, 60_000);
    }
}

#[test]
fn a_share_is_one_of_what_the_container_has() {
    let group = |limit_bytes, used_bytes| Group { limit_bytes, used_bytes, ..Group::default() };
    let limits = Limits { cgroups: vec![group(Some(4 * GIB), GIB)], ..limits() };
    let plan = |json| Plan::decide(&request(json), &limits).unwrap();
    assert_eq!(plan(r#"{"size":"50%"}"#).size_bytes, 2 * GIB);
    assert_eq!(plan(r#"{"size":"50%available"}"#).size_bytes, 3 * GIB / 2);
}

#[test]
fn any_wish_about_accesses_means_that_there_are_some() {
    assert_eq!(decided(r#"{"size":"1GiB"}"#).access, None);
    let access = decided(r#"{"size":"1GiB","bandwidth":"1GB/s","working_set":"25%"}"#).access;
    let expected = Access {
        order: Order::Sequential,
        write_percent: 0,
        bandwidth_bytes_per_s: Some(1_000_000_000),
        working_set_bytes: GIB / 4,
        stride_bytes: 4160,
    };
    assert_eq!(access, Some(expected));
    let access = decided(r#"{"size":"1GiB","access":"strided","stride":100}"#).access.unwrap();
    assert_eq!(access.stride_bytes, 64, "whole cache lines");
}

#[test]
fn what_cannot_be_safe_is_refused_with_its_numbers() {
    assert_eq!(
        refused(r#"{"size":"7.5GiB"}"#),
        "7.5 GiB cannot be taken safely: the headroom is 7.2 GiB = 8 GiB available − 819 MiB reserve. \
         Ask for at most 7.2 GiB, change --reserve, or say --i-know if it may swap or have processes killed"
    );
    assert!(
        refused(r#"{"size":"17GiB","i_know":true}"#).starts_with("17 GiB is more than the 16 GiB")
    );
    assert!(refused(r#"{"size":"1GiB","reserve":0}"#).contains("a --reserve of 0 B is below"));
    assert_eq!(decided(r#"{"size":"9GiB","i_know":true}"#).size_bytes, 9 * GIB);
}

#[test]
fn a_run_in_its_own_cgroup_must_fit_it_or_be_known_not_to() {
    let within = decided(r#"{"size":"200MiB","cgroup_limit":"256MiB"}"#);
    assert!(within.keeps_headroom && within.keeps_marks);
    assert!(
        refused(r#"{"size":"256MiB","cgroup_limit":"256MiB"}"#).contains("265 MiB in a cgroup")
    );
    let beyond = decided(r#"{"size":"30GiB","cgroup_limit":"256MiB","i_know":true}"#);
    assert!(beyond.keeps_headroom && !beyond.keeps_marks);
    let host = refused(r#"{"size":"30GiB","cgroup_limit":"9GiB","i_know":true}"#);
    assert!(host.starts_with("9 GiB cannot be taken safely"), "{host}");
}

#[test]
fn swap_pressure_needs_a_cgroup_and_swap() {
    let wish = r#"{"kind":"swap","size":"1GiB","cgroup_limit":"256MiB","i_know":true}"#;
    assert!(refused(wish).contains("and 0 B are free"));
    let limits = Limits { swap_free_bytes: 2 * GIB, ..limits() };
    assert_eq!(Plan::decide(&request(wish), &limits).unwrap().kind, Kind::Swap);
    assert!(
        refused(r#"{"kind":"swap","size":"1GiB"}"#).contains("--kind swap needs --cgroup-limit")
    );
}

#[test]
fn what_does_not_fit_together_is_refused() {
    for (json, part) in [
        (r#"{"size":0}"#, "--size cannot be 0 B: it takes at least one page"),
        (r#"{"size":"1MiB","kind":"thp"}"#, "at least one page of its kind, 2 MiB"),
        (r#"{"size":"2Gx"}"#, "--size `2Gx`, column 2"),
        (r#"{"rate":"1GB"}"#, "--rate `1GB`, column 2"),
        (r#"{"bandwidth":0}"#, "--bandwidth cannot be 0 B"),
        (r#"{"for_ms":0}"#, "--for cannot be 0 ms"),
        (r#"{"for_ms":86400001}"#, "--for cannot be 86400001 ms"),
        (r#"{"pattern":"square"}"#, "--pattern `square` is unknown: choose one of hold, ramp"),
        (r#"{"kind":"hugetlb"}"#, "--kind `hugetlb` is unknown"),
        (r#"{"access":"backwards"}"#, "--access `backwards` is unknown"),
        (r#"{"pattern":"hold","cycles":2}"#, "does not repeat"),
        (r#"{"pattern":"spike","cycles":0}"#, "--cycles cannot be 0: it takes 1 to 100"),
        (r#"{"pattern":"spike","rate":"1GB/s"}"#, "leave out --rate"),
        (r#"{"pattern":"leak","kind":"anon"}"#, "small blocks"),
        (r#"{"kind":"malloc","access":"random"}"#, "choose another --kind"),
        (r#"{"kind":"fork","verify":true}"#, "choose another --kind"),
        (r#"{"kind":"file-read","directory":"/d","verify":true}"#, "file-read only reads"),
        (r#"{"kind":"file-read","directory":"/d","write_percent":1}"#, "leave out --write-percent"),
        (r#"{"kind":"file-dirty"}"#, "needs --directory"),
        (r#"{"directory":"/d"}"#, "makes no file"),
        (r#"{"verify":true,"access":"random"}"#, "leave out the others"),
        (r#"{"stride":128}"#, "--stride needs --access strided"),
        (r#"{"write_percent":101}"#, "--write-percent cannot be 101"),
        (r#"{"size":"1MiB","working_set":"2MiB"}"#, "--working-set cannot be 2 MiB"),
        (r#"{"size":"1GiB","cgroup_limit":"1MiB"}"#, "--cgroup-limit cannot be 1 MiB"),
        (r#"{"size":"1GiB","rate":"1MiB/s"}"#, "takes 1024000 ms, and the run ends after 60000 ms"),
    ] {
        let found = refused(json);
        assert!(found.contains(part), "{json}: {found}");
    }
}

#[test]
fn a_member_that_nobody_knows_is_refused() {
    assert!(serde_json::from_str::<Request>(r#"{"sise":1}"#).is_err());
}

#[test]
fn what_another_run_promised_is_not_there() {
    let limits = Limits { promised_bytes: 7 * GIB, ..limits() };
    let refusal = Plan::decide(&request(r#"{"size":"1GiB"}"#), &limits).unwrap_err();
    assert!(refusal.to_string().contains("− 7 GiB that another run will take"), "{refusal}");
}

fn any_request() -> impl Strategy<Value = Request> {
    let name = |all: Vec<&'static str>| prop::option::of(prop::sample::select(all));
    let kinds = Kind::ALL.iter().map(|kind| kind.name()).collect();
    let patterns = Pattern::ALL.iter().map(|pattern| pattern.name()).collect();
    let size = prop::option::of(prop_oneof![
        (0u64..20 * GIB).prop_map(Quantity::Bytes),
        (0u32..200).prop_map(|share| Quantity::Text(format!("{share}%available"))),
    ]);
    let limit = prop::option::of((0u64..20 * GIB).prop_map(Quantity::Bytes));
    (name(kinds), name(patterns), size, limit, any::<bool>(), prop::option::of(0u64..100_000))
        .prop_map(|(kind, pattern, size, cgroup_limit, i_know, for_ms)| Request {
            kind: kind.map(str::to_owned),
            pattern: pattern.map(str::to_owned),
            directory: kind.filter(|kind| kind.starts_with("file")).map(|_| "/d".into()),
            size,
            cgroup_limit,
            i_know,
            for_ms,
            ..Request::default()
        })
}

proptest! {
    #[test]
    fn no_plan_goes_beyond_the_headroom_unless_that_is_known(
        request in any_request(),
        available in 0u64..=16 * GIB,
        swap_free_bytes in 0u64..4 * GIB,
    ) {
        let limits = Limits { available_bytes: available, swap_free_bytes, ..limits() };
        let Ok(plan) = Plan::decide(&request, &limits) else { return Ok(()) };
        let takes = plan.size_bytes.min(plan.cgroup_limit_bytes.unwrap_or(u64::MAX));
        let headroom = limits.headroom(limits.default_reserve_bytes()).bytes;
        prop_assert!(takes <= headroom || (request.i_know && plan.cgroup_limit_bytes.is_none()));
        prop_assert!(takes <= limits.total_bytes + swap_free_bytes);
        prop_assert!(request.i_know || (plan.keeps_headroom && plan.keeps_marks));
        prop_assert!((1..=DURATION_MAX_MS).contains(&plan.duration_ms));
        prop_assert_eq!(plan.size_bytes % plan.grain_bytes(), 0);
        let json = serde_json::to_string(&plan).unwrap();
        prop_assert_eq!(serde_json::from_str::<Plan>(&json).unwrap(), plan);
    }
}
