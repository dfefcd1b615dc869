"""Errors of training an adapter.

InferenceError
├── RecipeError          recipe_unusable    a recipe that is not in its form, or asks for what this machine has not
├── ResumeError          resume_unusable    a checkpoint of another recipe, other data or another model
└── ShortMemoryError     memory_short       the run would need more memory than is free; says what to lower
"""

from inference.errors import InferenceError


class RecipeError(InferenceError):
    code = "recipe_unusable"


class ResumeError(InferenceError):
    code = "resume_unusable"


class ShortMemoryError(InferenceError):
    code = "memory_short"
