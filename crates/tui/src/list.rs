//! The list of processes as it is walked: what is chosen, what is in view, what is being typed.

use crate::rows::{Arrangement, Row, RowKey};

/// The table below the graph.
#[derive(Clone, Debug, Default)]
pub(crate) struct List {
    pub(crate) how: Arrangement,
    pub(crate) rows: Vec<Row>,
    /// The chosen row.
    pub(crate) chosen: usize,
    /// The first row in view.
    pub(crate) offset: usize,
    /// Whether the choice stays with a process and not with a place.
    pub(crate) follow: bool,
    /// Whether the filter is being typed.
    pub(crate) typing: bool,
    key: Option<RowKey>,
}

impl List {
    /// Takes new rows, of which `page` are in view.
    pub(crate) fn take(&mut self, rows: Vec<Row>, page: usize) {
        self.rows = rows;
        if self.follow
            && let Some(place) = self.place_of_key()
        {
            self.chosen = place;
        }
        self.settle(page);
    }

    fn place_of_key(&self) -> Option<usize> {
        let key = self.key.as_ref()?;
        self.rows.iter().position(|row| row.key == *key)
    }

    /// The chosen row, where there is any.
    pub(crate) fn chosen_row(&self) -> Option<&Row> {
        self.rows.get(self.chosen)
    }

    /// Chooses a row by its place; beyond the ends it is the last or the first.
    pub(crate) fn choose(&mut self, place: usize, page: usize) {
        self.chosen = place;
        self.settle(page);
        self.key = self.chosen_row().map(|row| row.key.clone());
    }

    /// Follows the chosen row, or stops that.
    pub(crate) fn toggle_follow(&mut self) {
        self.follow = !self.follow;
        self.key = self.chosen_row().map(|row| row.key.clone());
    }

    /// Moves the view by so many rows, the choice with it only as far as it must.
    pub(crate) fn scroll(&mut self, by: isize, page: usize) {
        let most = self.rows.len().saturating_sub(page);
        self.offset = self.offset.saturating_add_signed(by).min(most);
        let last = self.offset + page.saturating_sub(1);
        let chosen = self.chosen.clamp(self.offset, last.max(self.offset));
        self.choose(chosen, page);
    }

    /// Keeps the choice inside the rows, and the view around it.
    fn settle(&mut self, page: usize) {
        self.chosen = self.chosen.min(self.rows.len().saturating_sub(1));
        self.offset = self.offset.min(self.rows.len().saturating_sub(page));
        if self.chosen < self.offset {
            self.offset = self.chosen;
        } else if page > 0 && self.chosen >= self.offset + page {
            self.offset = self.chosen + 1 - page;
        }
        if !self.follow {
            self.key = self.chosen_row().map(|row| row.key.clone());
        }
    }
}
