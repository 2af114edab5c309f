"""What all pages share: their language, words, layout, headers, and how they are kept."""

from services.portal.pages.frame import TEMPLATES, answer_problem, frame, register, wanted

__all__ = ["TEMPLATES", "answer_problem", "frame", "register", "wanted"]
