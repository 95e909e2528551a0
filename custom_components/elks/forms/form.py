"""What all forms have in common: how one is shown, and how its sections are stored."""

from collections.abc import Mapping
from typing import Any

import voluptuous as vol

from homeassistant.core import callback
from homeassistant.data_entry_flow import FlowHandler, FlowResult


@callback
def async_show_form[ResultT: FlowResult[Any, Any]](
    flow: FlowHandler[Any, ResultT, Any],
    step_id: str,
    schema: vol.Schema,
    values: Mapping[str, Any] | None,
    errors: dict[str, str],
    placeholders: Mapping[str, str] | None = None,
    *,
    last_step: bool | None = None,
) -> ResultT:
    """Show the form of a step with what was filled in, or is stored, and with what is wrong in it.

    `errors` are keys of translations by their fields, "base" for the form.
    """
    return flow.async_show_form(
        step_id=step_id,
        data_schema=flow.add_suggested_values_to_schema(schema, values),
        errors=errors,
        description_placeholders=placeholders,
        last_step=last_step,
    )


def unfold(user_input: Mapping[str, Any], section: str) -> dict[str, Any]:
    """Return the fields of a form as they are stored: those of a section among the others."""
    return {
        **{key: value for key, value in user_input.items() if key != section},
        **user_input.get(section, {}),
    }


def fold(
    data: Mapping[str, Any], section: str, section_schema: vol.Schema
) -> dict[str, Any]:
    """Return what is stored as the fields of a form: some of them in a section."""
    inside = {str(key) for key in section_schema.schema}
    return {
        **{key: value for key, value in data.items() if key not in inside},
        section: {key: value for key, value in data.items() if key in inside},
    }
