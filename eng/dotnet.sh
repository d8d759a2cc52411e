# Sourced by the scripts that build: sees to it that there is an SDK, and makes its tools quiet.

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
# Builds leave no server processes behind: one that outlives the script would hold its caller's pipes open.
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 UseSharedCompilation=false

# A private installation is often not on the PATH.
if ! command -v dotnet >/dev/null; then
    for directory in "${DOTNET_ROOT:-}" "${HOME:-}/.dotnet" /usr/share/dotnet /usr/lib/dotnet; do
        if [[ -n $directory && -x $directory/dotnet ]]; then
            PATH=$directory:$PATH
            break
        fi
    done
fi

# require_sdk REPOSITORY: ends the script unless there is an SDK that the repository's global.json accepts.
require_sdk() {
    local found
    if found=$(cd -- "$1" && dotnet --version 2>/dev/null); then
        return
    fi
    {
        if command -v dotnet >/dev/null; then
            printf 'There is no .NET SDK here that can build this. Found: %s.\n' \
                "$(cd / && dotnet --list-sdks | cut -d ' ' -f 1 | paste -sd ' ' - | grep . || echo none)"
        else
            echo 'There is no .NET SDK here: the command dotnet is not found.'
        fi
        printf 'Godwit is built with .NET 10, SDK %s or later.\n' \
            "$(sed -nE 's/.*"version": *"([^"]+)".*/\1/p' "$1/global.json")"
        echo 'Get it from https://dotnet.microsoft.com/download/dotnet/10.0 and try again.'
    } >&2
    exit 3
}
