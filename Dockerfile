# The images of azstep. Any builder can build them: BuildKit, which cross-compiles,
# and those that know no platforms (the classic one, which act uses), which build
# for the machine that they run on.
#
#   docker build .                      azstep, and the action of docker/action.yml
#   docker build --target pipelines .   a container job of Azure Pipelines
#   docker build --target emulator .    the emulator, as a service container
#
# VERSION and COMMIT are what `azstep version` says, such as v1.2.3 and the commit of
# the sources; empty is a build from source.

# BUILDPLATFORM is empty in builders that know no platforms; linux alone is this machine's.
FROM --platform=${BUILDPLATFORM:-linux} golang:1.26.9-bookworm@sha256:d9c68c2c51161e12fd77e4c6320687c9cd86e1af1e3ad6e6cd63ff970641453c AS build
WORKDIR /src
ENV CGO_ENABLED=0
COPY go.mod go.sum ./
RUN go mod download
COPY . .
# Whatever the machine, the day and the folder, the same sources give the same
# binary: no paths, no state of a repository, no C. They are those of tools/release,
# where a test compares the flags. Empty GOOS and GOARCH are this machine's. The steps
# of docker/action.yml start the same program under other names, which say what the
# host is; as hard links in the same layer they take no space.
ARG TARGETOS
ARG TARGETARCH
ARG VERSION
ARG COMMIT
RUN mkdir /out && \
    GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -buildvcs=false -tags=nethttpomithttp2 -ldflags="-s -w -X main.version=$VERSION -X main.commit=$COMMIT" -o /out/azstep . && \
    ln /out/azstep /out/azstep-github && \
    ln /out/azstep /out/azstep-github-post && \
    go run -buildvcs=false ./tools/notices >/out/THIRD_PARTY_NOTICES && \
    install -m 0644 LICENSE /out/LICENSE && \
    find /out -exec touch -d @0 {} +

FROM build AS build-emulator
RUN mkdir /emulator && \
    GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -buildvcs=false -ldflags="-s -w" -o /emulator/azstep-emulator ./cmd/azstep-emulator && \
    cp -p /out/LICENSE /out/THIRD_PARTY_NOTICES /emulator && \
    find /emulator -exec touch -d @0 {} +

# The emulator as a service container: it answers to the name `emulator` on port 8443,
# and to localhost where that port is published. Its certificate and the lines that
# point clients at it are in /azstep: docker cp CONTAINER:/azstep . On the network
# of the machine it needs no other name than loopback:
# docker run --network host ... -dir /azstep -addr 127.0.0.1:8443
FROM scratch AS emulator
COPY --from=build-emulator /emulator/ /
LABEL org.opencontainers.image.title="azstep emulator" \
      org.opencontainers.image.description="Fake Azure DevOps, IoT Central and Microsoft Entra, to try azstep on" \
      org.opencontainers.image.source="https://github.com/azstep/azstep" \
      org.opencontainers.image.licenses="Apache-2.0"
EXPOSE 8443
ENTRYPOINT ["/azstep-emulator"]
CMD ["-dir", "/azstep", "-addr", ":8443", "-name", "emulator"]

# For Azure Pipelines, which starts a job's container with a command of its own and
# runs each step in it with `docker exec`: it needs bash, glibc for its Node, useradd
# and getent, and no entry point. Root certificates are in the binary.
FROM debian:bookworm-slim@sha256:7c7b2c966bc9ee8cedfeef67e0e279108992c77681fa595db4a9d65c06ccc587 AS pipelines
COPY --from=build /out/azstep /usr/local/bin/azstep
COPY --from=build /out/LICENSE /out/THIRD_PARTY_NOTICES /usr/share/doc/azstep/
ENV AZSTEP_HOST=azure-pipelines
LABEL org.opencontainers.image.title="azstep for Azure Pipelines" \
      org.opencontainers.image.description="Short-lived Azure DevOps and IoT Central credentials, for container jobs of Azure Pipelines" \
      org.opencontainers.image.source="https://github.com/azstep/azstep" \
      org.opencontainers.image.licenses="Apache-2.0"

# The action: last, because the runner builds the last stage of a Dockerfile.
# It runs as root, as GitHub asks of every Docker action: outputs, state and workspace
# are files that belong to the runner's user, whose id no image can know. It sets
# no WORKDIR, which is the runner's to choose, and no CMD: inputs come from the environment.
FROM scratch AS action
COPY --from=build /out/ /
LABEL org.opencontainers.image.title="azstep" \
      org.opencontainers.image.description="Short-lived Azure DevOps and IoT Central credentials for one job, masked and revoked when it ends" \
      org.opencontainers.image.source="https://github.com/azstep/azstep" \
      org.opencontainers.image.licenses="Apache-2.0"
ENTRYPOINT ["/azstep"]
