#!/bin/sh
# Run the whole suite on every supported Python that uv can find on this machine; say which it could not.
set -eu
failed=""
for version in 3.11 3.12 3.13; do
    if ! python=$("$UV" python find --no-python-downloads "$version" 2>/dev/null); then
        echo "==> Python $version is not installed here; left out"
        continue
    fi
    environment=".cache/venv-$version"
    echo "==> Python $version"
    "$UV" venv --quiet --allow-existing --python "$python" "$environment"
    "$UV" pip install --quiet --python "$environment/bin/python" -r requirements/dev.txt -e packages/pegboard -e packages/utt
    "$environment/bin/pytest" -n auto ${PYTEST_ARGS:-} || failed="$failed $version"
done
if [ -n "$failed" ]; then
    echo "failed on Python$failed" >&2
    exit 1
fi
