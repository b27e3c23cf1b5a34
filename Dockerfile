# Almanac's daemon in a small image: `docker build -t almanac .`

FROM rust:1.95-slim-bookworm AS build
WORKDIR /build
# The image has gcc; SQLite, zstd and the cryptography are compiled from source.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libc6-dev make cmake \
    && rm -rf /var/lib/apt/lists/*
COPY . .
RUN cargo build --release --locked

FROM debian:bookworm-slim
# HTTPS is verified against the system's certificates.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin almanac \
    && install --directory --owner=almanac --group=almanac --mode=0700 /data
COPY --from=build /build/target/release/almanac /usr/local/bin/almanac
COPY config/almanac.toml /config/almanac.toml
COPY LICENSE /usr/share/doc/almanac/LICENSE

# "config/almanac.toml" and "data/almanac.db" are relative to the working directory.
WORKDIR /
USER almanac
VOLUME /data
# SIGTERM stops the daemon within ten seconds.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=1m --timeout=10s --start-period=30s --retries=3 CMD ["almanac", "watches"]
ENTRYPOINT ["almanac"]
CMD ["run"]
