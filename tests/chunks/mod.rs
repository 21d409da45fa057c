//! Every column chunk of a file, looked at page by page.

use bytes::Bytes;
use cloudtrail2parquet::table::Compression;
use parquet::basic::{Compression as Codec, Encoding};
use parquet::column::page::Page;
use parquet::file::reader::{FileReader as _, SerializedFileReader};

/// Fails unless every chunk has the codec asked for, and its pages are of version 1, in encodings
/// that every reader has; Zstandard files may also hold differences.
pub(crate) fn check_chunks(file: Bytes, compression: Compression) {
    let reader = SerializedFileReader::new(file).unwrap();
    for number in 0..reader.num_row_groups() {
        let group = reader.get_row_group(number).unwrap();
        for (at, column) in group.metadata().columns().iter().enumerate() {
            let path = column.column_path().string();
            let codec = column.compression();
            assert!(is_codec(codec, compression), "{path} is {codec}");
            for encoding in column.encodings() {
                assert!(is_read(encoding, compression), "{path} has {encoding}");
            }
            for page in group.get_column_page_reader(at).unwrap() {
                let page = page.unwrap();
                let is_of_version_1 = !matches!(page, Page::DataPageV2 { .. });
                assert!(is_of_version_1, "{path} has pages of version 2");
                let encoding = page.encoding();
                assert!(is_read(encoding, compression), "{path} has {encoding}");
            }
        }
    }
}

fn is_codec(codec: Codec, compression: Compression) -> bool {
    match compression {
        Compression::Snappy => codec == Codec::SNAPPY,
        Compression::Zstd => matches!(codec, Codec::ZSTD(_)),
        Compression::Gzip => matches!(codec, Codec::GZIP(_)),
        Compression::None => codec == Codec::UNCOMPRESSED,
    }
}

fn is_read(encoding: Encoding, compression: Compression) -> bool {
    match encoding {
        Encoding::PLAIN | Encoding::RLE | Encoding::RLE_DICTIONARY => true,
        Encoding::DELTA_BINARY_PACKED => compression == Compression::Zstd,
        _ => false,
    }
}
