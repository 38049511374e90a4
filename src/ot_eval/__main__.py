"""``python -m ot_eval`` is ``ot-eval``."""

from ot_eval.cli import main

if __name__ == "__main__":
    main()
