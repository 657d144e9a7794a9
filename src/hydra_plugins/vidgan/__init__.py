"""vidgan's plugins for Hydra; thin, as Hydra imports them whenever any of its programs starts."""
