"""Mechanisms where none are labelled: laws of structure of their own, found by a mixture of experts."""

from semimech.audit.mechanisms.find import MechanismOptions, Mechanisms, find_mechanisms
from semimech.audit.mechanisms.labels import Known
from semimech.audit.mechanisms.words import mechanism_sentences

__all__ = ["Known", "MechanismOptions", "Mechanisms", "find_mechanisms", "mechanism_sentences"]
