"""Roles of features, and kinds, targets, pathways and units of perturbations, from a TOML file or a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from semimech.data.condition import Kind, Perturbation
from semimech.data.readers.annotation_table import is_table, read_sections
from semimech.data.screen import ROLES
from semimech.support.errors import UserError
from semimech.support.files import read_toml

KEYS = ("kind", "targets", "pathways", "dose_unit")


@dataclass(frozen=True)
class Annotations:
    """What a person knows of a screen: role of each feature named, and options of each perturbation named."""

    roles: Mapping[str, str] = field(default_factory=dict)
    perturbations: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def perturbation(self, given: Perturbation) -> Perturbation:
        """The perturbation with what the annotations say of it."""
        said = dict(self.perturbations.get(given.name, {}))
        if "targets" in said:
            said["targets"] = {name: float(sign) for name, sign in said["targets"].items()}
        return replace(given, **said)


def read_annotations(path: Path, features: Sequence[str], perturbations: Sequence[str] | None = None) -> Annotations:
    """Read sections [roles] (role = [first, last) range of features, or list of names) and [perturbation.NAME].

    A table (CSV or TSV) has the perturbations only: see `annotation_table`. Raises UserError for bad TOML, unknown
    keys, contradictory signs, and names that are no feature or no perturbation.
    """
    content = {"perturbation": read_sections(path)} if is_table(path) else read_toml(path, "annotations file")
    unknown = sorted(set(content) - {"roles", "perturbation"})
    if unknown:
        raise UserError(f"{path.name} has the unknown section [{unknown[0]}]: use [roles] and [perturbation.NAME].")
    roles = _roles(path, _table(path, content, "roles"), features)
    sections = _table(path, content, "perturbation")
    for name, section in sections.items():
        if perturbations is not None:
            _known(path, name, perturbations, "perturbation")
        _check_section(path, name, section, features)
    return Annotations(roles, sections)


def _table(path: Path, content: dict[str, Any], name: str) -> dict[str, Any]:
    section = content.get(name, {})
    if not isinstance(section, dict):
        raise UserError(f"{path.name}: '{name}' must be a section, as in [{name}].")
    return section


def _roles(path: Path, section: dict[str, Any], features: Sequence[str]) -> dict[str, str]:
    roles: dict[str, str] = {}
    for role, members in section.items():
        if role not in ROLES:
            raise UserError(f"{path.name} has the unknown role '{role}': use one of {', '.join(ROLES)}.")
        for name in _members(path, role, members, features):
            if roles.setdefault(name, role) != role:
                raise UserError(f"{path.name} gives {name} the roles {roles[name]} and {role}: keep one.")
    return roles


def _members(path: Path, role: str, members: Any, features: Sequence[str]) -> Sequence[str]:
    if isinstance(members, list) and members and all(isinstance(item, str) for item in members):
        for name in members:
            _known(path, name, features, "feature")
        return members
    if isinstance(members, list) and len(members) == 2 and all(type(item) is int for item in members):
        first, last = members
        if not 0 <= first <= last <= len(features):
            raise UserError(
                f"{path.name} gives role {role} the range [{first}, {last}), but there are {len(features)} features: "
                "correct the range."
            )
        return features[first:last]
    if members == []:
        return ()
    raise UserError(f"{path.name}: role {role} needs a list of names, or a range [first, last).")


def _known(path: Path, name: str, known: Sequence[str], what: str) -> None:
    if name not in known:
        near = get_close_matches(name, list(known), 1)
        hint = f"did you mean {near[0]}?" if near else "correct or remove it."
        raise UserError(f"{path.name} names the {what} '{name}', which is not in the data: {hint}")


def _check_section(path: Path, name: str, section: Any, features: Sequence[str]) -> None:
    if not isinstance(section, dict):
        raise UserError(f"{path.name}: perturbation {name} must be a section, as in [perturbation.{name}].")
    unknown = sorted(set(section) - set(KEYS))
    if unknown:
        raise UserError(
            f"{path.name}: [perturbation.{name}] has the unknown key '{unknown[0]}': use {', '.join(KEYS)}."
        )
    targets = section.get("targets", {})
    if not isinstance(targets, dict):
        raise UserError(f"{path.name}: the targets of {name} must be a table, as in {{ gene = -1 }}.")
    for target, sign in targets.items():
        _known(path, target, features, f"target of {name},")
        if isinstance(sign, bool) or sign not in (-1, 1):
            raise UserError(f"{path.name}: the target {target} of {name} has the sign {sign}: use -1 or 1.")
    kinds = get_args(Kind)
    if section.get("kind", "unknown") not in kinds:
        raise UserError(f"{path.name}: {name} has the unknown kind '{section['kind']}': use {', '.join(kinds)}.")
    pathways = section.get("pathways", [])
    if not isinstance(pathways, list) or not all(isinstance(item, str) for item in pathways):
        raise UserError(f"{path.name}: the pathways of {name} must be a list of names.")
