# The NATS server that scripts/tools pins, alone in an image. Arguments are nats-server's own, as with the official image.
FROM scratch
COPY nats-server /nats-server
EXPOSE 4222 6222 8222
ENTRYPOINT ["/nats-server"]
CMD ["--addr", "0.0.0.0"]
