"""From the section `records` to records: artifacts that are kept as they are."""

from collections.abc import Mapping

from parlour.catalog.naming import Naming
from parlour.catalog.records import Record, RecordValue
from parlour.catalog.sources import RecordSource
from parlour.catalog.yaml_reader import Errors
from parlour.kernel.ids import is_id


def resolve_records(sources: Mapping[str, RecordSource], naming: Naming, errors: Errors) -> tuple[Record, ...]:
    """The records. A link that is no id is noted; then the result is not used."""
    found: list[Record] = []
    for slug, source in sources.items():
        links = [value.link for values in source.values.values() for value in values if value.link is not None]
        for link in links:
            if not is_id(link):
                errors.add(source.place, f"values: '{link}' is no id of an artifact")
        found.append(
            Record(
                id=naming.id("record", slug),
                artifact_type=source.type,
                name=source.name,
                description=source.description,
                department_ids=source.department_ids,
                values={
                    name: tuple(
                        RecordValue(
                            id=value.link or naming.id("value", slug, name, str(number)),
                            fields=value.fields,
                            linked=value.link is not None,
                        )
                        for number, value in enumerate(values)
                    )
                    for name, values in source.values.items()
                },
            )
        )
    return tuple(found)
