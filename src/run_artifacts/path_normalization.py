"""Import path of `normalize_agent_path` for ``reporter`` and ``usertest``; a re-export only."""

from run_artifacts._agent_path import normalize_agent_path

__all__ = ["normalize_agent_path"]
