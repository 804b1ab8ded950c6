//! Apache Parquet: the flat table as typed columns.
//!
//! `time_ms` is required, INT64 with the logical type TIMESTAMP(MILLIS, UTC); every other column is optional, INT64 for
//! whole numbers and DOUBLE for ratios. The unit of each column stands in the file's key-value metadata under the column's name.
//! Integers are delta-coded (DELTA_BINARY_PACKED), which every reader of format 2 knows, and needs no compressor.

use std::io::{self, Write};
use std::sync::Arc;

use parquet::basic::{Encoding, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::{DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{WriterProperties, WriterVersion};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{Type, TypePtr};

use super::{Column, columns};
use crate::history::{Number, Range, Unit};

/// Rows in a group: what readers like to take at once.
const GROUP_ROWS: usize = 100_000;

/// Writes the range as one Parquet file.
pub(super) fn write(range: &Range, out: &mut (impl Write + Send)) -> io::Result<()> {
    write_file(range, out).map_err(as_io)
}

fn write_file(range: &Range, out: &mut (impl Write + Send)) -> Result<(), ParquetError> {
    let columns = columns(range);
    let properties = Arc::new(properties(&columns));
    let mut file = SerializedFileWriter::new(out, schema(&columns)?, properties)?;
    for start in (0..range.time_ms.len()).step_by(GROUP_ROWS) {
        let rows = start..range.time_ms.len().min(start + GROUP_ROWS);
        let mut group = file.next_row_group()?;
        whole(&mut group, &range.time_ms[rows.clone()], None)?;
        for column in &columns {
            optional(&mut group, column.unit, &column.values[rows.clone()])?;
        }
        group.close()?;
    }
    file.close()?;
    Ok(())
}

fn schema(columns: &[Column<'_>]) -> Result<TypePtr, ParquetError> {
    let time = Type::primitive_type_builder("time_ms", Physical::INT64)
        .with_repetition(Repetition::REQUIRED)
        .with_logical_type(Some(LogicalType::timestamp(true, TimeUnit::MILLIS)))
        .build()?;
    let mut fields = vec![Arc::new(time)];
    for column in columns {
        let physical = if column.unit == Unit::Ratio { Physical::DOUBLE } else { Physical::INT64 };
        let field = Type::primitive_type_builder(&column.heading, physical)
            .with_repetition(Repetition::OPTIONAL)
            .build()?;
        fields.push(Arc::new(field));
    }
    Ok(Arc::new(Type::group_type_builder("history").with_fields(fields).build()?))
}

fn properties(columns: &[Column<'_>]) -> WriterProperties {
    let unit = |column: &Column<'_>| {
        KeyValue::new(column.heading.clone(), column.unit.as_str().to_owned())
    };
    let mut properties = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_2_0)
        .set_created_by(concat!("ramscope ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_key_value_metadata(Some(columns.iter().map(unit).collect()))
        .set_dictionary_enabled(false)
        .set_encoding(Encoding::DELTA_BINARY_PACKED);
    for column in columns.iter().filter(|column| column.unit == Unit::Ratio) {
        let path = vec![column.heading.clone()].into();
        properties = properties.set_column_encoding(path, Encoding::PLAIN);
    }
    properties.build()
}

/// Writes the part of an optional column that belongs to a group.
fn optional(
    group: &mut SerializedRowGroupWriter<'_, impl Write + Send>,
    unit: Unit,
    values: &[Option<i64>],
) -> Result<(), ParquetError> {
    let levels: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
    if unit != Unit::Ratio {
        let present: Vec<i64> = values.iter().copied().flatten().collect();
        return whole(group, &present, Some(&levels));
    }
    let ratio = |value| match unit.number(value) {
        Number::Ratio(ratio) => Some(ratio),
        Number::Integer(_) => None,
    };
    let present: Vec<f64> = values.iter().copied().flatten().filter_map(ratio).collect();
    let mut column = next_column(group)?;
    column.typed::<DoubleType>().write_batch(&present, Some(&levels), None)?;
    column.close()
}

/// Writes a column of whole numbers; `levels` has 1 for a value and 0 for none.
fn whole(
    group: &mut SerializedRowGroupWriter<'_, impl Write + Send>,
    present: &[i64],
    levels: Option<&[i16]>,
) -> Result<(), ParquetError> {
    let mut column = next_column(group)?;
    column.typed::<Int64Type>().write_batch(present, levels, None)?;
    column.close()
}

fn next_column<'a, W: Write + Send>(
    group: &'a mut SerializedRowGroupWriter<'_, W>,
) -> Result<parquet::file::writer::SerializedColumnWriter<'a>, ParquetError> {
    let missing = || ParquetError::General("the schema has fewer columns than the table".into());
    group.next_column()?.ok_or_else(missing)
}

/// The output's own error, where that is what stopped the writer.
fn as_io(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(other) => io::Error::other(other),
        },
        other => io::Error::other(other),
    }
}

#[cfg(test)]
mod tests {
    use super::write;
    use parquet::basic::{LogicalType, TimeUnit};
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::Field;

    use crate::export::columns;
    use crate::export::tests::{pixels, samples};
    use crate::history::{Number, Range};

    fn written_file(bytes: &[u8]) -> std::fs::File {
        let mut file = tempfile::tempfile().unwrap();
        std::io::Write::write_all(&mut file, bytes).unwrap();
        file
    }

    /// The file, opened for reading.
    fn reopened(range: &Range) -> impl FileReader + use<> {
        let mut out = Vec::new();
        write(range, &mut out).unwrap();
        SerializedFileReader::new(written_file(&out)).unwrap()
    }

    /// Compares every row and column that is read with the range that was written.
    fn check(range: &Range) {
        let file = reopened(range);
        let columns = columns(range);
        let mut rows = 0;
        for (index, row) in file.get_row_iter(None).unwrap().enumerate() {
            let fields: Vec<_> = row.unwrap().into_columns();
            assert_eq!(fields[0].1, Field::TimestampMillis(range.time_ms[index]));
            for ((heading, field), column) in fields[1..].iter().zip(&columns) {
                let expected = match column.values[index].map(|value| column.unit.number(value)) {
                    None => Field::Null,
                    Some(Number::Integer(value)) => Field::Long(value),
                    Some(Number::Ratio(value)) => Field::Double(value),
                };
                assert_eq!((heading, field), (&column.heading, &expected), "row {index}");
            }
            assert_eq!(fields.len(), columns.len() + 1);
            rows += 1;
        }
        assert_eq!(rows, range.time_ms.len());
    }

    #[test]
    fn what_is_written_is_read_back() {
        check(&pixels());
        check(&samples());
        check(&Range { time_ms: Vec::new(), series: Vec::new(), ..pixels() });
    }

    #[test]
    fn a_range_of_several_groups_is_read_back_whole() {
        let rows = super::GROUP_ROWS + 7;
        let mut range = samples();
        range.time_ms = (0..).take(rows).collect();
        for series in &mut range.series {
            series.mean = (0..).take(rows).map(|value| (value % 5 != 0).then_some(value)).collect();
        }
        check(&range);
        assert_eq!(reopened(&range).num_row_groups(), 2);
    }

    #[test]
    fn times_are_instants_and_units_stand_in_the_metadata() {
        let file = reopened(&pixels());
        let metadata = file.metadata().file_metadata();
        let time = metadata.schema_descr().column(0).logical_type_ref().cloned();
        assert_eq!(time, Some(LogicalType::timestamp(true, TimeUnit::MILLIS)));
        let units = metadata.key_value_metadata().unwrap();
        let unit = |name: &str| {
            units.iter().find(|pair| pair.key == name).and_then(|pair| pair.value.clone())
        };
        assert_eq!(unit("memory.used.max").as_deref(), Some("bytes"));
        assert_eq!(unit("odd \"name\",\n.mean").as_deref(), Some("ratio"));
    }
}
