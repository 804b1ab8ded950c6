//! The columns of the process table: which fit, how wide they are, and what stands in them.

use ratatui::layout::Rect;

use crate::rows::{Group, Row, RowKey, Sort};
use crate::state::State;
use crate::text;

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Pid,
    Count,
    User,
    Total,
    Rss,
    Swap,
    Growth,
    Trend,
    Pss,
    PssAge,
    Uss,
    Anon,
    FileBacked,
    Shared,
    Peak,
    Cgroup,
    Command,
}

/// From this width on amounts are written out: `9.1 GiB`, not `9.1G`.
const ROOMY: u16 = 100;

/// Each column with the width of the table from which on it is shown.
const SHOWN_FROM: [(Kind, u16); 17] = [
    (Kind::Pid, 0),
    (Kind::Count, 0),
    (Kind::User, 64),
    (Kind::Total, 116),
    (Kind::Rss, 0),
    (Kind::Swap, 72),
    (Kind::Growth, 0),
    (Kind::Trend, 60),
    (Kind::Pss, 68),
    (Kind::PssAge, 76),
    (Kind::Uss, 190),
    (Kind::Anon, 140),
    (Kind::FileBacked, 170),
    (Kind::Shared, 180),
    (Kind::Peak, 150),
    (Kind::Cgroup, 210),
    (Kind::Command, 0),
];

/// One column at its place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placed {
    pub(crate) kind: Kind,
    pub(crate) x: u16,
    pub(crate) width: u16,
}

/// The columns of a table that is as wide as it is.
#[derive(Clone, Debug)]
pub(crate) struct Columns {
    pub(crate) placed: Vec<Placed>,
    /// Whether amounts are short.
    pub(crate) narrow: bool,
}

impl Columns {
    /// The columns of the screen's list.
    pub(crate) fn of(state: &State) -> Columns {
        let area = state.layout().list;
        let has_swap = state.shown().is_none_or(|moment| moment.memory.swap_total_bytes > 0);
        Columns::fitting(area, state.list.how.group != Group::None, has_swap)
    }

    fn fitting(area: Rect, grouped: bool, has_swap: bool) -> Columns {
        let narrow = area.width < ROOMY;
        let wanted = |kind: Kind| match kind {
            Kind::Pid | Kind::User => !grouped,
            Kind::Count => grouped,
            Kind::Cgroup => !grouped,
            Kind::Swap | Kind::Total => has_swap,
            _ => true,
        };
        let mut placed = Vec::new();
        let mut x = area.x;
        for (kind, from) in SHOWN_FROM {
            if area.width < from || !wanted(kind) {
                continue;
            }
            let room = area.right().saturating_sub(x);
            let width = kind.width(narrow).unwrap_or(room).min(room);
            placed.push(Placed { kind, x, width });
            x += (width + kind.gap()).min(room);
        }
        Columns { placed, narrow }
    }

    /// What a click on the heading at `x` sorts by.
    pub(crate) fn sort_at(&self, x: u16) -> Option<Sort> {
        // A heading reaches to the next one.
        self.placed.iter().rev().find(|column| column.x <= x)?.kind.sort()
    }
}

impl Kind {
    /// Its width; `None` is all that is left.
    fn width(self, narrow: bool) -> Option<u16> {
        let amount = if narrow { 6 } else { 9 };
        Some(match self {
            Kind::Pid | Kind::Count => 7,
            Kind::User => 8,
            Kind::Growth if narrow => 8,
            Kind::Growth => 10,
            Kind::Trend => 6,
            Kind::PssAge => 4,
            Kind::Cgroup => 30,
            Kind::Command => return None,
            _ => amount,
        })
    }

    /// Cells to the column after it.
    fn gap(self) -> u16 {
        match self {
            Kind::PssAge | Kind::Trend | Kind::Cgroup => 2,
            Kind::Pss => 0,
            _ => 1,
        }
    }

    /// Whether it is set to the left.
    pub(crate) fn is_left(self) -> bool {
        matches!(self, Kind::User | Kind::Trend | Kind::Cgroup | Kind::Command)
    }

    /// What it sorts by.
    pub(crate) fn sort(self) -> Option<Sort> {
        Some(match self {
            Kind::Pid => Sort::Pid,
            Kind::User => Sort::User,
            Kind::Total => Sort::Total,
            Kind::Rss => Sort::Rss,
            Kind::Swap => Sort::Swap,
            Kind::Growth | Kind::Trend => Sort::Growth,
            Kind::Pss | Kind::PssAge => Sort::Pss,
            Kind::Anon => Sort::Anon,
            Kind::Peak => Sort::Peak,
            Kind::Command => Sort::Command,
            Kind::Count | Kind::Uss | Kind::FileBacked | Kind::Shared | Kind::Cgroup => {
                return None;
            }
        })
    }

    /// Its heading; `window` is what growth is measured over.
    pub(crate) fn heading(self, narrow: bool, group: Group, window: &str) -> String {
        let words = match self {
            Kind::Pid => "PID",
            Kind::Count => "COUNT",
            Kind::User => "USER",
            Kind::Total => "RSS+SWAP",
            Kind::Rss => "RSS",
            Kind::Swap => "SWAP",
            Kind::Growth if narrow => {
                return format!("Δ{}", window.replace(" min", "m").replace(' ', ""));
            }
            Kind::Growth => return format!("Δ {window}"),
            Kind::Trend => "TREND",
            Kind::Pss => "PSS",
            Kind::PssAge => "AGE",
            Kind::Uss => "USS",
            Kind::Anon => "ANON",
            Kind::FileBacked => "FILE",
            Kind::Shared => "SHARED",
            Kind::Peak => "PEAK",
            Kind::Cgroup => "CGROUP",
            Kind::Command => match group {
                Group::None => "COMMAND",
                Group::Application => "APPLICATION",
                Group::Cgroup => "CGROUP",
                Group::User => "USER",
            },
        };
        words.to_owned()
    }

    /// What stands in it for a row; sparklines and trees are drawn elsewhere.
    pub(crate) fn cell(self, row: &Row, narrow: bool) -> String {
        let amounts = &row.amounts;
        let amount = |bytes| text::amount(bytes, narrow);
        let known = |bytes: Option<u64>| bytes.map_or_else(|| "—".to_owned(), amount);
        if row.kernel && !matches!(self, Kind::Pid | Kind::User | Kind::Command | Kind::Cgroup) {
            return String::new();
        }
        match self {
            Kind::Pid => match &row.key {
                RowKey::Process(id) => id.pid.to_string(),
                RowKey::Group(_) => String::new(),
            },
            Kind::Count => row.count.to_string(),
            Kind::User => row.user.as_deref().unwrap_or("—").to_owned(),
            Kind::Total => amount(amounts.total()),
            Kind::Rss => amount(amounts.rss),
            Kind::Swap if amounts.swap == 0 => "0".to_owned(),
            Kind::Swap => amount(amounts.swap),
            Kind::Growth => growth(row, narrow),
            Kind::Pss => known(amounts.pss),
            Kind::PssAge if amounts.pss.is_none() => String::new(),
            Kind::PssAge => age(amounts.pss_age_ms),
            Kind::Uss => known(amounts.uss),
            Kind::Anon => amount(amounts.anon),
            Kind::FileBacked => amount(amounts.file),
            Kind::Shared => amount(amounts.shared),
            Kind::Peak => amount(amounts.peak),
            Kind::Cgroup => row.cgroup.as_deref().unwrap_or("").to_owned(),
            Kind::Command => row.name.to_string(),
            Kind::Trend => String::new(),
        }
    }
}

/// Growth, or for how long it was watched where that is too short.
fn growth(row: &Row, narrow: bool) -> String {
    match row.amounts.growth {
        Some(0) => "·".to_owned(),
        Some(bytes) => text::change(bytes, narrow),
        None => format!("— {}", age(row.amounts.watched_ms)),
    }
}

/// An age in at most three characters and a unit: `8s`, `12m`, `3h`, `2d`.
pub(crate) fn age(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds {
        ..100 => format!("{seconds}s"),
        100..6000 => format!("{}m", seconds / 60),
        6000..172_800 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn kinds(width: u16, grouped: bool, has_swap: bool) -> Vec<Kind> {
        let columns = Columns::fitting(Rect::new(0, 0, width, 10), grouped, has_swap);
        columns.placed.iter().map(|column| column.kind).collect()
    }

    #[test]
    fn eighty_cells_show_who_how_much_how_fast_and_what() {
        use Kind::{Command, Growth, Pid, Pss, PssAge, Rss, Swap, Trend, User};
        assert_eq!(
            kinds(80, false, true),
            [Pid, User, Rss, Swap, Growth, Trend, Pss, PssAge, Command]
        );
        let columns = Columns::fitting(Rect::new(0, 0, 80, 10), false, true);
        assert!(columns.placed.last().unwrap().width >= 20, "the command keeps a quarter");
    }

    #[test]
    fn a_machine_without_swap_has_no_column_for_it() {
        assert!(!kinds(400, false, false).contains(&Kind::Swap));
        assert!(!kinds(400, false, false).contains(&Kind::Total));
    }

    #[test]
    fn ages_take_three_digits_at_most() {
        for (seconds, expected) in
            [(0, "0s"), (99, "99s"), (100, "1m"), (7200, "2h"), (200_000, "2d")]
        {
            assert_eq!(age(seconds * 1000), expected);
        }
    }

    proptest! {
        #[test]
        fn columns_follow_one_another_inside_the_table(width in 0u16..500, grouped: bool, has_swap: bool) {
            let columns = Columns::fitting(Rect::new(3, 0, width, 10), grouped, has_swap);
            let mut x = 3;
            for column in &columns.placed {
                prop_assert!(column.x >= x && column.x + column.width <= 3 + width);
                x = column.x + column.width;
            }
        }
    }
}
