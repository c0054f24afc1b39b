"""Rows of evaluation datasets: read, written, told apart (``specs/geai.md``)."""

from collections.abc import Mapping, Sequence
from typing import Any

from dsops.model import (
    Attributes,
    BodyForm,
    Call,
    Effect,
    Flow,
    Form,
    LiveRow,
    NaturalKey,
    Reference,
    Repeat,
    Response,
    RowAction,
    RowsBody,
    RowWrite,
    Values,
)
from dsops.providers.common import if_there
from dsops.providers.geai.explain import declared_values, live_values
from dsops.providers.geai.fields import (
    ANSWER,
    CONTEXT,
    INPUT,
    NESTED,
    ROW,
    ROW_ID,
    SOURCES,
    VARIABLES,
    wire_fields,
)
from dsops.providers.geai.nested import nested_calls, source_document, variable_document
from dsops.providers.geai.quick import quick_declared, quick_live, quick_live_parsed, quick_parsed
from dsops.providers.geai.wire import ROOT, ROWS, bad_answer, dataset_path, row_path

_PART_SIZE = 8 * 1000 * 1000
_PLAIN = (INPUT, ANSWER, CONTEXT)


class Rows:
    """The codec of rows.

    Canonical values are input, expected answer, context document, expected sources as a sorted list of
    [name, value, extension], and filter variables as a sorted list of [metadata type, key, operator, value].
    """

    fields = ROW.fields
    nested = frozenset(NESTED)
    part_size = _PART_SIZE

    def declared(self, document: Mapping[str, Any]) -> Values:
        """Return the values of a declared row; null is absent, absent is empty, input and answer are required."""
        values = quick_declared(document)
        return declared_values(document) if values is None else values

    def parsed(self, texts: Sequence[bytes]) -> Sequence[Values] | None:
        """Return the values of rows in field names of the manifest."""
        return quick_parsed(texts)

    def live(self, document: Mapping[str, Any]) -> LiveRow:
        """Read a row of an answer; null and absent are empty, and either spelling of an extension counts."""
        try:
            row_id, values = document.get(ROW_ID), quick_live(document)
        except AttributeError:
            raise ValueError("an array of rows holds something else than objects") from None
        if type(row_id) is not str or not row_id:
            raise ValueError(f"a row has no {ROW_ID}")
        if values is None:
            try:
                values = live_values(document)
            except ValueError as wrong:
                raise ValueError(f"row {row_id}: {wrong}") from wrong
        return LiveRow(row_id, values)

    def live_parsed(self, text: bytes) -> Sequence[tuple[str, Values]] | None:
        """Read rows of an answer, as `live` does."""
        return quick_live_parsed(text)

    def document(self, values: Values) -> Mapping[str, Any]:
        """Return what is sent: every field, and the extension in both spellings (``specs/geai.md``, choice 4)."""
        question, answer, context, sources, variables = values
        return {
            INPUT: question,
            ANSWER: answer,
            CONTEXT: context,
            SOURCES: [source_document(each) for each in sources],
            VARIABLES: [variable_document(each) for each in variables],
        }

    def manifest(self, values: Values) -> Mapping[str, Any]:
        """Return the row in field names of the manifest, without the fields that are empty and may be left out."""
        question, answer, context, sources, variables = values
        row: dict[str, Any] = {"input": question, "expectedAnswer": answer}
        if context:
            row["contextDocument"] = context
        if sources:
            row[SOURCES] = [
                {"name": name, "value": value, **({"extension": extension} if extension else {})}
                for name, value, extension in sources
            ]
        if variables:
            row[VARIABLES] = [
                {"metadataType": metadata, "key": key, "operator": operator, "value": value}
                for metadata, key, operator, value in variables
            ]
        return row

    def create(self, key: NaturalKey, attributes: Attributes, numbers: Sequence[int]) -> Call:
        """One upload of a file that holds the dataset with its rows."""
        around = wire_fields({**attributes, "name": key[-1]})
        return Call(
            "POST",
            (ROOT, "dataSet", "FileUpload"),
            form=Form.FILE,
            effect=Effect.CREATE,
            settles=tuple(sorted(attributes)),
            repeat=Repeat.UNIQUE,
            rows=RowWrite(RowAction.CREATE, RowsBody(BodyForm.OBJECT, numbers, around, ROWS)),
        )

    def upload(self, owner: str | Reference, numbers: Sequence[int]) -> Call:
        """One upload of a file that holds rows; a single row is posted, which answers it at once, with its id."""
        if len(numbers) == 1:
            body, path, form = RowsBody(BodyForm.ROW, numbers), dataset_path(owner, "dataSetRow"), Form.JSON
        else:
            body, path = RowsBody(BodyForm.ARRAY, numbers), dataset_path(owner, "dataSetRow", "FileUpload")
            form = Form.FILE
        return Call(
            "POST",
            path,
            form=form,
            effect=Effect.UPDATE,
            repeat=Repeat.APPEND,
            rows=RowWrite(RowAction.CREATE, body),
        )

    def update(self, owner: str, row: LiveRow, numbers: Sequence[int], *, nested: bool) -> Call:
        """One PUT of the row, whole but for what is nested where that is left out."""
        body = RowsBody(BodyForm.ROW, numbers, fields=() if nested else _PLAIN)
        return Call(
            "PUT",
            row_path(owner, row.remote_id),
            effect=Effect.UPDATE,
            rows=RowWrite(RowAction.UPDATE, body, remote_id=row.remote_id),
        )

    def finer(self, owner: str, live: Mapping[str, Any], values: Values) -> tuple[Call, ...]:
        """One call for each expected source and filter variable that differs.

        Raises:
            RemoteError: The row's document lacks an id that is needed.
        """
        _, _, _, sources, variables = values
        return nested_calls(owner, live, sources, variables)

    def delete(self, owner: str, row: LiveRow) -> Call:
        """One DELETE by id."""
        write = RowWrite(RowAction.DELETE, remote_id=row.remote_id)
        return Call("DELETE", row_path(owner, row.remote_id), effect=Effect.UPDATE, rows=write)

    def reading(self, owner: str, row_id: str) -> Flow:
        """One GET by id."""
        response = yield from if_there(Call("GET", row_path(owner, row_id)))
        if response is None:
            return None
        document = self.answered(response)
        if document is None or document[ROW_ID] != row_id:
            bad_answer(f"it does not hold the row {row_id}")
        return document

    def answered(self, response: Response) -> Mapping[str, Any] | None:
        """Return the row in the answer, which ``live`` can read."""
        document = response.body
        try:
            self.live(document)
        except ValueError:
            return None
        return dict(document)

    def accepted(self, response: Response) -> bool:
        """Whether the upload was only accepted: 202 (``specs/geai.md``, choice 8)."""
        return response.status == 202
