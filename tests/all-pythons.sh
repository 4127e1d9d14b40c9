#!/bin/sh
# Run the whole suite on every supported Python that is on this machine; say which is not.
set -eu
# pyenv's commands `python3.12` and so on work only for versions that are chosen: choose all.
chosen=$(pyenv versions --bare 2>/dev/null | tr '\n' ':') || chosen=""
failed=""
for version in 3.11 3.12 3.13; do
    if ! python=$(PYENV_VERSION="$chosen" "$UV" python find --system --no-python-downloads "$version" 2>/dev/null); then
        echo "==> Python $version is not installed here; left out"
        continue
    fi
    environment=".cache/venv-$version"
    echo "==> Python $version: setting up $environment"
    PYENV_VERSION="$chosen" "$UV" venv --quiet --allow-existing --seed --python "$python" "$environment"
    "$UV" pip install --quiet --compile-bytecode --python "$environment/bin/python" -r requirements/dev.txt -e packages/pegboard -e packages/utt || {
        echo "the development tools could not be installed: is a package index reachable?" >&2
        exit 1
    }
    echo "==> Python $version: running the tests"
    # shellcheck disable=SC2086 # several words
    "$environment/bin/pytest" -n auto --dist loadgroup ${PYTEST_ARGS:-} || failed="$failed $version"
done
if [ -n "$failed" ]; then
    echo "failed on Python$failed" >&2
    exit 1
fi
