//! Thrashing, and what holds it up.

use ramscope_sim::demand::{Problem, curve};

use super::with;

fn utilisations(points: &[ramscope_sim::demand::Point]) -> Vec<f64> {
    points.iter().map(|point| point.cpu_utilisation).collect()
}

#[test]
fn the_named_problem_rises_until_its_localities_fill_memory_and_then_collapses() {
    let found = curve(&Problem::thrashing().unwrap()).unwrap();
    let cpu = utilisations(&found.free.points);
    let knee = found.free.knee;
    assert!((4..=6).contains(&knee), "{knee} {cpu:?}");
    assert!(cpu[..3].is_sorted(), "{cpu:?}");
    assert!(cpu[15] < 0.3 * cpu[knee - 1] && cpu[15] < 0.5 * cpu[0], "{cpu:?}");
    assert!(cpu[11] < 0.5 * cpu[knee - 1] && cpu[7] < 0.8 * cpu[knee - 1], "{cpu:?}");
    assert!(found.free.points[15].fault_rate > 3.0 * found.free.points[knee - 1].fault_rate);
    assert!(found.controlled.is_none());
    assert!(found.explain.contains(&format!("with {knee} processes")), "{}", found.explain);
}

#[test]
fn load_control_holds_the_curve_up() {
    for (control, least) in [("working-set", 0.85), ("fault-rate", 0.55)] {
        let setting = format!("load.control={control}");
        let problem = with(Problem::thrashing().unwrap(), &[&setting]);
        let found = curve(&problem).unwrap();
        let (free, held) = (&found.free.points, found.controlled.unwrap().points);
        let best = free[found.free.knee - 1].cpu_utilisation;
        assert!(held[15].cpu_utilisation > least * best, "{control} {:?}", utilisations(&held));
        assert!(free[15].cpu_utilisation < 0.5 * held[15].cpu_utilisation, "{control}");
        assert!(held[15].suspensions > 0, "{control}");
    }
}

#[test]
fn a_limit_keeps_the_degree_where_the_curve_is_high() {
    let found = curve(&with(Problem::thrashing().unwrap(), &["load.limit=5"])).unwrap();
    let held = found.controlled.unwrap().points;
    assert!(held[15].cpu_utilisation > 0.9 * held[4].cpu_utilisation, "{:?}", utilisations(&held));
}
