//! Arrays of one version of the table as those of another: with further columns, and further
//! members of structs.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray as _, ListArray, RecordBatch, StructArray, new_null_array,
};
use arrow::datatypes::{DataType, Field, Fields, SchemaRef};
use arrow::error::ArrowError;

/// The type that has the members of both; none if they have nothing in common.
pub(super) fn union_type(one: &DataType, other: &DataType) -> Option<DataType> {
    match (one, other) {
        _ if one == other => Some(one.clone()),
        (DataType::Struct(one), DataType::Struct(other)) => {
            let mut fields: Vec<Arc<Field>> = one.iter().cloned().collect();
            for field in other {
                match fields.iter_mut().find(|known| known.name() == field.name()) {
                    Some(known) => *known = union_field(known, field)?,
                    None => fields.push(Arc::clone(field)),
                }
            }
            Some(DataType::Struct(fields.into()))
        }
        (DataType::List(one), DataType::List(other)) => {
            Some(DataType::List(union_field(one, other)?))
        }
        _ => None,
    }
}

fn union_field(one: &Field, other: &Field) -> Option<Arc<Field>> {
    let both = union_type(one.data_type(), other.data_type())?;
    Some(Arc::new(one.clone().with_data_type(both)))
}

/// The batch with the columns of the schema: those that it lacks are null.
pub(super) fn conform(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let rows = batch.num_rows();
    let columns = schema
        .fields()
        .iter()
        .map(|field| match batch.column_by_name(field.name()) {
            Some(column) => widened(column, field.data_type()),
            None => Ok(new_null_array(field.data_type(), rows)),
        });
    RecordBatch::try_new(Arc::clone(schema), columns.collect::<Result<_, _>>()?)
}

/// The same values as an array of a type that has all members of theirs.
fn widened(array: &ArrayRef, wanted: &DataType) -> Result<ArrayRef, ArrowError> {
    match wanted {
        _ if array.data_type() == wanted => Ok(Arc::clone(array)),
        DataType::Struct(fields) if array.as_struct_opt().is_some() => {
            wide_struct(array.as_struct(), fields)
        }
        DataType::List(element) if array.as_list_opt::<i32>().is_some() => {
            let list = array.as_list::<i32>();
            let values = widened(list.values(), element.data_type())?;
            let (offsets, nulls) = (list.offsets().clone(), list.nulls().cloned());
            let list = ListArray::try_new(Arc::clone(element), offsets, values, nulls)?;
            Ok(Arc::new(list))
        }
        _ => {
            let found = array.data_type();
            let message = format!("a column is {found} instead of {wanted}");
            Err(ArrowError::SchemaError(message))
        }
    }
}

fn wide_struct(array: &StructArray, fields: &Fields) -> Result<ArrayRef, ArrowError> {
    let members = fields
        .iter()
        .map(|field| match array.column_by_name(field.name()) {
            Some(member) => widened(member, field.data_type()),
            None => Ok(new_null_array(field.data_type(), array.len())),
        });
    let members = members.collect::<Result<_, _>>()?;
    let array = StructArray::try_new(fields.clone(), members, array.nulls().cloned())?;
    Ok(Arc::new(array))
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::StringArray;
    use arrow::datatypes::Schema;

    fn text(name: &str) -> Arc<Field> {
        Arc::new(Field::new(name, DataType::Utf8, true))
    }

    fn list(fields: Vec<Arc<Field>>) -> DataType {
        let element = Field::new("element", DataType::Struct(fields.into()), true);
        DataType::List(Arc::new(element))
    }

    #[test]
    fn the_union_of_two_versions_of_a_struct_has_the_members_of_both() {
        let one = list(vec![text("arn"), text("type")]);
        let other = list(vec![text("arn"), text("arnprefix")]);
        let both = list(vec![text("arn"), text("type"), text("arnprefix")]);
        assert_eq!(union_type(&one, &other), Some(both));
        assert_eq!(union_type(&one, &DataType::Utf8), None);
        assert_eq!(union_type(&DataType::Utf8, &DataType::Int64), None);
    }

    #[test]
    fn a_batch_conforms_to_a_schema_with_more_columns_and_more_members() {
        let values: ArrayRef = Arc::new(StringArray::from(vec![Some("x"), None]));
        let fields = Fields::from(vec![text("a")]);
        let narrow = StructArray::new(fields, vec![Arc::clone(&values)], None);
        let field = Field::new("s", narrow.data_type().clone(), true);
        let schema = Arc::new(Schema::new(vec![field]));
        let batch = RecordBatch::try_new(schema, vec![Arc::new(narrow)]).unwrap();

        let wide = DataType::Struct(vec![text("a"), text("b")].into());
        let wide = Arc::new(Schema::new(vec![
            Field::new("more", DataType::Utf8, true),
            Field::new("s", wide, true),
        ]));
        let conformed = conform(&batch, &wide).unwrap();
        assert_eq!(conformed.num_rows(), 2);
        assert_eq!(conformed.column(0).null_count(), 2);
        let members = conformed.column(1).as_struct();
        assert_eq!(members.column(0), &values);
        assert_eq!(members.column(1).null_count(), 2);

        let other = Arc::new(Schema::new(vec![Field::new("s", DataType::Utf8, true)]));
        assert!(conform(&batch, &other).is_err());
    }
}
