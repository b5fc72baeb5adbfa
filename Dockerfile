# The images of azstep. Any builder can build them: BuildKit, which cross-compiles,
# and builders without platforms (the classic one, which act uses), which build for
# the machine that they run on.
#
#   docker build .                      azstep, and the action of docker/action.yml
#   docker build --target pipelines .   a container job of Azure Pipelines
#   docker build --target emulator .    the emulator, as a service container
#
# VERSION (such as v1.2.3) and COMMIT (of the sources) are what `azstep version`
# prints. If they are empty, it is a build from source.

# In builders without platforms, BUILDPLATFORM is empty; "linux" alone means this
# machine's.
FROM --platform=${BUILDPLATFORM:-linux} golang:1.26.9-bookworm@sha256:d9c68c2c51161e12fd77e4c6320687c9cd86e1af1e3ad6e6cd63ff970641453c AS build
WORKDIR /src
ENV CGO_ENABLED=0
COPY go.mod go.sum ./
RUN go mod download
COPY . .
# The same sources give the same binary on any machine, on any day and in any folder:
# it contains no paths, no state of a repository, and no C. The flags are those of
# tools/release; a test compares them. If GOOS and GOARCH are empty, they are this
# machine's. The steps of docker/action.yml start the program under other names,
# which tell it the host. The names are hard links in the same layer and take no
# space.
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

# The emulator as a service container is reached as `emulator` on port 8443, and as
# localhost if that port is published. Its certificate and the variables for clients
# are in /azstep: docker cp CONTAINER:/azstep . In the machine's own network it needs
# only a loopback address:
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

# The image for Azure Pipelines, which starts a job's container with its own command
# and runs each step in it with `docker exec`. It needs bash, glibc for the agent's
# Node, useradd and getent, and no entry point. Root certificates are in the binary.
FROM debian:bookworm-slim@sha256:7c7b2c966bc9ee8cedfeef67e0e279108992c77681fa595db4a9d65c06ccc587 AS pipelines
COPY --from=build /out/azstep /usr/local/bin/azstep
COPY --from=build /out/LICENSE /out/THIRD_PARTY_NOTICES /usr/share/doc/azstep/
ENV AZSTEP_HOST=azure-pipelines
LABEL org.opencontainers.image.title="azstep for Azure Pipelines" \
      org.opencontainers.image.description="Short-lived Azure DevOps and IoT Central credentials, for container jobs of Azure Pipelines" \
      org.opencontainers.image.source="https://github.com/azstep/azstep" \
      org.opencontainers.image.licenses="Apache-2.0"

# The image of the action comes last, because the runner builds the last stage of a
# Dockerfile. It runs as root, as GitHub requires of every Docker action: outputs,
# state and workspace are files of the runner's user, whose id an image cannot know.
# It sets no WORKDIR, which the runner chooses, and no CMD, because inputs come from
# the environment.
FROM scratch AS action
COPY --from=build /out/ /
LABEL org.opencontainers.image.title="azstep" \
      org.opencontainers.image.description="Short-lived Azure DevOps and IoT Central credentials for one job, masked and revoked when it ends" \
      org.opencontainers.image.source="https://github.com/azstep/azstep" \
      org.opencontainers.image.licenses="Apache-2.0"
ENTRYPOINT ["/azstep"]
