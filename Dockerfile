# The program alone, on an image without a shell. The chart and compose.yaml run it; docs/operations.md says how.
#
#   docker build -t eid .

FROM docker.io/library/rust:1.95-bookworm AS build
WORKDIR /source
COPY Cargo.toml Cargo.lock build.rs ./
COPY proto proto
COPY migrations migrations
COPY templates templates
COPY benches benches
COPY src src
# The folder of dependencies and of what is built is kept between builds, outside the image.
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/source/target \
    cargo build --locked --profile dist --bin eid \
    && install -D -m 0755 target/dist/eid /image/usr/local/bin/eid \
    && install -d -m 0700 /image/var/lib/eid

# glibc, authorities of certificates and nothing else; its user has no rights.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build --chown=65532:65532 /image/var/lib/eid /var/lib/eid
COPY --from=build /image/usr/local/bin/eid /usr/local/bin/eid
USER 65532:65532
WORKDIR /var/lib/eid
EXPOSE 8443 9464
# SIGTERM: calls under way are answered first, for 20 seconds at most.
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/eid"]
CMD ["--help"]
