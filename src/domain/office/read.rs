//! From a file to records: CSV in UTF-8, one record on each line.

use csv::{ByteRecord, ReaderBuilder, Trim};

use super::fault::Fault;
use super::record::{COLUMNS, Record};
use crate::domain::text::Malformed;

/// Size of a file of records, in bytes.
pub const BYTES_MAX: usize = 4 << 20;
/// How many records a map may have: fifty times those that are shipped.
pub const RECORDS_MAX: usize = 10_000;

const TOO_LARGE: Malformed = Malformed::new(
    "The file has more than 4 MiB or 10,000 records; this is no file of offices.",
    "Tệp lớn hơn 4 MiB hoặc có hơn 10.000 bản ghi; đây không phải tệp danh sách đơn vị.",
);
const WRONG_HEADER: Malformed = Malformed::new(
    "The first line must name the columns: record,code,from,until,name_vi,name_ascii,kind,city_since,seat,successor,basis.",
    "Dòng đầu phải nêu tên các cột: record,code,from,until,name_vi,name_ascii,kind,city_since,seat,successor,basis.",
);
const WRONG_COUNT: Malformed = Malformed::new(
    "The line has {0} fields, not 11. Put a field with a comma in quotes.",
    "Dòng có {0} trường, không phải 11. Trường có dấu phẩy phải đặt trong dấu ngoặc kép.",
);
const NOT_UTF8: Malformed =
    Malformed::new("Not text in UTF-8. Save the file in UTF-8.", "Không phải văn bản UTF-8. Hãy lưu tệp dạng UTF-8.");
const NOT_CSV: Malformed = Malformed::new("Cannot be read as CSV.", "Không đọc được theo dạng CSV.");

/// Reads a file of records. Lines that begin with `#` and empty lines are passed over. That each line can be read says
/// nothing yet of how they go together: see [`super::OfficeMap::new`].
///
/// # Errors
/// Every line that cannot be read, with each of its fields that is wrong.
pub fn read(file: &[u8]) -> Result<Vec<Record>, Vec<Fault>> {
    if file.len() > BYTES_MAX {
        return Err(vec![Fault::new(1, "", TOO_LARGE)]);
    }
    // Spreadsheets mark UTF-8 with a byte order mark.
    let text = file.strip_prefix("\u{feff}".as_bytes()).unwrap_or(file);
    let mut reader =
        ReaderBuilder::new().has_headers(false).flexible(true).comment(Some(b'#')).trim(Trim::None).from_reader(text);
    let (mut records, mut faults, mut named) = (Vec::new(), Vec::new(), false);
    let mut row = ByteRecord::new();
    loop {
        let line = line_of(reader.position().line());
        match reader.read_byte_record(&mut row) {
            Ok(false) => break,
            Err(_) => {
                faults.push(Fault::new(line, "", NOT_CSV));
                break;
            }
            Ok(true) => {}
        }
        let line = row.position().map_or(line, |at| line_of(at.line()));
        if !named {
            named = true;
            if row.iter().ne(COLUMNS.iter().map(|name| name.as_bytes())) {
                return Err(vec![Fault::new(line, "", WRONG_HEADER)]);
            }
            continue;
        }
        match fields(line, &row).and_then(|fields| Record::read(line, &fields)) {
            Ok(record) => records.push(record),
            Err(wrong) => faults.extend(wrong),
        }
        if records.len() > RECORDS_MAX {
            return Err(vec![Fault::new(line, "", TOO_LARGE)]);
        }
    }
    if !named {
        faults.push(Fault::new(1, "", WRONG_HEADER));
    }
    if faults.is_empty() { Ok(records) } else { Err(faults) }
}

fn line_of(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn fields(line: u32, row: &ByteRecord) -> Result<[String; 11], Vec<Fault>> {
    let wrong = |what| vec![Fault::new(line, "", what)];
    let texts: Result<Vec<String>, _> = row.iter().map(|field| str::from_utf8(field).map(str::to_owned)).collect();
    let texts = texts.map_err(|_| wrong(NOT_UTF8))?;
    texts.try_into().map_err(|texts: Vec<_>| wrong(WRONG_COUNT.with([texts.len(), 0, 0])))
}
