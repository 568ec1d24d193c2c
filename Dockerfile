# syntax=docker/dockerfile:1

FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
ARG TARGETOS TARGETARCH
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -ldflags "-s -w -buildid=" -o /router ./router

# Nothing but the binary, which brings the time zones, and the authorities that TLS to third parties is checked against.
FROM scratch
ARG VERSION=unknown
LABEL org.opencontainers.image.title="cabanas" \
      org.opencontainers.image.description="Reservations for owners of a handful of cabins" \
      org.opencontainers.image.source="https://github.com/eevans-d/sist-cabanas" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="$VERSION"
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /router /router
# A number, because there is no /etc/passwd to look a name up in.
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/router"]
CMD ["serve"]
