"""What all forms have in common: how one is shown, and how its sections are stored."""

from collections.abc import Collection, Mapping
from typing import Any, override

import voluptuous as vol

from homeassistant.core import callback
from homeassistant.data_entry_flow import FlowHandler, FlowResult, section
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
)


class AnyNumberSelector(NumberSelector):
    """Shows its limits and takes anything: the form itself says, in words, what is wrong with it."""

    def __init__(self, most: int, unit: str) -> None:
        """Ask for a number from 1 on."""
        super().__init__(
            NumberSelectorConfig(
                min=1,
                max=most,
                unit_of_measurement=unit,
                mode=NumberSelectorMode.BOX,
            )
        )

    @override
    def __call__(self, data: Any) -> float:
        try:
            return float(data)
        except TypeError, ValueError:
            return 0


@callback
def async_show_form[ResultT: FlowResult[Any, Any]](
    flow: FlowHandler[Any, ResultT, Any],
    step_id: str,
    schema: vol.Schema,
    values: Mapping[str, Any] | None,
    errors: dict[str, str],
    placeholders: Mapping[str, str] | None = None,
    *,
    opened: Collection[str] = (),
    last_step: bool | None = None,
) -> ResultT:
    """Show the form of a step with what was filled in, or is stored, and with what is wrong in it.

    `errors` are keys of translations by their fields, "base" for the form. The frontend shows
    none for a field in a section: they go to the section, which is open then, as are those in
    `opened`.
    """
    schema = _with_open_sections(schema, {*errors, *opened})
    return flow.async_show_form(
        step_id=step_id,
        data_schema=flow.add_suggested_values_to_schema(schema, values),
        errors=errors,
        description_placeholders=placeholders,
        last_step=last_step,
    )


def _with_open_sections(schema: vol.Schema, opened: Collection[str]) -> vol.Schema:
    return vol.Schema(
        {
            key: section(field.schema, {"collapsed": str(key) not in opened})
            if isinstance(field, section)
            else field
            for key, field in schema.schema.items()
        }
    )


def unfold(user_input: Mapping[str, Any], folded: str) -> dict[str, Any]:
    """Return the fields of a form as they are stored: those of a section among the others."""
    return {
        **{key: value for key, value in user_input.items() if key != folded},
        **user_input.get(folded, {}),
    }


def fold(
    data: Mapping[str, Any], folded: str, fields: Collection[str]
) -> dict[str, Any]:
    """Return what is stored as the fields of a form: some of them in a section."""
    return {
        **{key: value for key, value in data.items() if key not in fields},
        folded: {key: value for key, value in data.items() if key in fields},
    }
