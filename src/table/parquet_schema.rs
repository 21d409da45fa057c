//! The Parquet schema of a file.

use std::sync::Arc;

use arrow::datatypes::Schema as ArrowSchema;
use parquet::arrow::ArrowSchemaConverter;
use parquet::basic::ConvertedType;
use parquet::errors::ParquetError;
use parquet::schema::types::{SchemaDescriptor, Type, TypePtr};

/// The Parquet schema of arrays with this one. That a column is a text, a list or a map is said
/// once, by the word that every reader knows: the newer word beside it makes half a kilobyte of
/// a small file.
pub(super) fn parquet_schema(schema: &ArrowSchema) -> Result<SchemaDescriptor, ParquetError> {
    let converter = ArrowSchemaConverter::new().schema_root("row");
    let converted = converter.convert(schema)?;
    Ok(SchemaDescriptor::new(said_once(converted.root_schema())?))
}

fn said_once(ty: &Type) -> Result<TypePtr, ParquetError> {
    let info = ty.get_basic_info();
    let logical = match info.converted_type() {
        ConvertedType::UTF8 | ConvertedType::LIST | ConvertedType::MAP => None,
        _ => info.logical_type_ref().cloned(),
    };
    Ok(Arc::new(match ty {
        Type::PrimitiveType { physical_type, .. } => {
            Type::primitive_type_builder(info.name(), *physical_type)
                .with_repetition(info.repetition())
                .with_logical_type(logical)
                .with_converted_type(info.converted_type())
                .build()?
        }
        Type::GroupType { fields, .. } => {
            let fields = fields.iter().map(|field| said_once(field));
            let mut group = Type::group_type_builder(info.name())
                .with_fields(fields.collect::<Result<_, _>>()?)
                .with_logical_type(logical)
                .with_converted_type(info.converted_type());
            if info.has_repetition() {
                group = group.with_repetition(info.repetition());
            }
            group.build()?
        }
    }))
}
