# PostgreSQL 15 with the settings that tests know from the official image. The base is what `build` made with debootstrap.
FROM seatflow-postgres-base
ENV PATH=/usr/lib/postgresql/15/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    LANG=C.UTF-8 \
    PGDATA=/var/lib/postgresql/data
COPY postgres-entrypoint /usr/local/bin/
EXPOSE 5432
# Fast shutdown: a test that ends does not wait for its clients.
STOPSIGNAL SIGINT
ENTRYPOINT ["postgres-entrypoint"]
CMD ["postgres"]
