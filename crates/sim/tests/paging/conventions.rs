//! Conventions: what can be set, what the presets say, and what a wrong setting is told.

use ramscope_sim::paging::registry::{POLICIES, parameters, policy};
use ramscope_sim::paging::{Convention, PRESETS, References, Want, run};

use super::{A, convention, counts, steps};

#[test]
fn a_wrong_setting_names_itself_its_cause_and_the_nearest_name() {
    let wrong = |setting: &str| Convention::default().set(setting).unwrap_err().to_string();
    assert_eq!(
        wrong("clock.load_bit"),
        "`clock.load_bit` sets nothing: write parameter=value, for instance clock.load_bit=0"
    );
    assert_eq!(
        wrong("clock.loadbit=0"),
        "no policy has a parameter `clock.loadbit`; did you mean `clock.load_bit`?"
    );
    assert_eq!(
        wrong("clock.load_bit=2"),
        "`clock.load_bit` cannot be `2`: it takes a whole number from 0 to 1"
    );
    assert_eq!(
        wrong("opt.tie=first"),
        "`opt.tie` cannot be `first`: it takes oldest or newest or lowest-frame"
    );
    assert_eq!(wrong("2q.in=NaN"), "`2q.in` cannot be `NaN`: it takes a number from 0 to 1");
    assert_eq!(policy("clokc").unwrap_err().to_string(), "there is no policy `clokc`");
    assert_eq!(
        policy("second-chanse").unwrap_err().to_string(),
        "there is no policy `second-chanse`; did you mean `second-chance`?"
    );
    assert_eq!(
        Convention::preset("silbershatz").unwrap_err().to_string(),
        "there is no preset `silbershatz`; did you mean `silberschatz`?"
    );
}

#[test]
fn a_number_of_frames_that_no_machine_has_is_refused() {
    let references = References::reads([1]).unwrap();
    let run = |frames| run("lru", frames, &references, &Convention::default(), Want::Counts);
    assert_eq!(
        run(0).unwrap_err().to_string(),
        "0 frames cannot be simulated: ask for 1 to 1000000"
    );
    assert!(run(1_000_001).is_err());
    assert_eq!(run(1_000_000).unwrap().faults, 1);
}

#[test]
fn every_policy_has_a_name_of_its_own_and_parameters_under_one_prefix() {
    for (index, entry) in POLICIES.iter().enumerate() {
        assert!(POLICIES[..index].iter().all(|other| other.name != entry.name), "{}", entry.name);
        assert!(!entry.title.is_empty() && entry.about.ends_with('.'), "{}", entry.name);
        for parameter in entry.parameters {
            let prefix = parameter.name.split('.').next().unwrap();
            assert_eq!(prefix.replace("s3fifo", "s3-fifo"), entry.name, "{}", parameter.name);
        }
    }
}

#[test]
fn every_default_and_every_value_of_a_preset_can_be_set() {
    for parameter in parameters() {
        convention(&[&format!("{}={}", parameter.name, parameter.default)]);
    }
    for preset in PRESETS {
        let named = Convention::preset(preset.name).unwrap();
        let settings: Vec<String> =
            preset.values.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
        assert_eq!(convention(&settings), named, "{}", preset.name);
    }
}

#[test]
fn lfu_on_the_textbook_string_depends_on_its_tie() {
    let references = References::reads(A.iter().copied()).unwrap();
    assert_eq!(counts("lfu", &["lfu.tie=oldest"], 3, &references).faults, 13);
    assert_eq!(counts("lfu", &["lfu.tie=lru"], 3, &references).faults, 11);
}

#[test]
fn the_tie_of_opt_changes_the_victim_and_not_the_count() {
    let references = References::reads([1, 2, 3, 4, 3]).unwrap();
    let victim = |tie| {
        let run = steps("opt", &[tie], 3, &references);
        assert_eq!(run.faults, 4);
        run.steps.unwrap()[3].victim.unwrap()
    };
    assert_eq!(victim("opt.tie=oldest"), 1);
    assert_eq!(victim("opt.tie=newest"), 2);
    assert_eq!(victim("opt.tie=lowest-frame"), 1);
}

#[test]
fn a_run_is_json_with_its_convention() {
    let references = References::new([(1, true), (2, false), (1, false)]).unwrap();
    let run = steps("clock", &["clock.load_bit=0"], 1, &references);
    let mut json = serde_json::to_value(run).unwrap();
    let steps = json.as_object_mut().unwrap().remove("steps").unwrap();
    assert_eq!(
        json,
        serde_json::json!({
            "policy": "clock",
            "convention": {
                "clock.load_bit": 0,
                "clock.hand_after_load": "next",
                "clock.hand_after_hit": "stays",
                "frames.order": "slots",
            },
            "frames": 1,
            "references": 3,
            "faults": 3,
            "hits": 0,
            "hit_ratio": 0.0,
            "cold_faults": 2,
            "writebacks": 1,
        })
    );
    let step = steps[1].as_object().unwrap();
    let keys: Vec<&str> = step.keys().map(String::as_str).collect();
    for key in ["index", "page", "write", "hit", "frame", "victim", "frames", "explain"] {
        assert!(keys.contains(&key), "{keys:?}");
    }
    assert_eq!(step["victim"], 1);
    assert_eq!(step["frames"], serde_json::json!([2]));
}

#[test]
fn the_same_seed_draws_the_same_victims_and_another_seed_others() {
    let references = References::reads((0..200).map(|i| i * i % 23)).unwrap();
    let run = |seed| steps("random", &[seed], 5, &references).steps;
    assert_eq!(run("random.seed=7"), run("random.seed=7"));
    assert_ne!(run("random.seed=7"), run("random.seed=8"));
}
