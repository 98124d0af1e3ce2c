# The libraries come from a stage of their own: nothing that installs them, or makes them smaller, is in the image.
FROM python:3.11-slim AS libraries

# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends binutils && rm -rf /var/lib/apt/lists/*

WORKDIR /build
COPY requirements.txt .
RUN python -m venv --without-pip /venv \
  && pip --python /venv/bin/python install --no-cache-dir --no-compile -r requirements.txt "s3fs>=2026.1,<2027"

# What only compilers, linkers and the libraries' own developers need is 0.8 GB. Python finds the rest compiled, as it
# cannot write beside it; no date tells whether that is current, for builders and registries change dates.
RUN pip --python /venv/bin/python uninstall --yes libclang setuptools tensorboard-data-server \
  && find /venv/lib -type d \( -name tests -o -path '*/tensorflow/include' -o -path '*/pyarrow/include' \) -prune \
    -exec rm -r {} + \
  && find /venv/lib -type f \( -name 'libtensorflow_*.so*' -o -name 'libarrow*.so*' -o -name 'libparquet*.so*' \) \
    -exec strip --strip-unneeded {} + \
  && python -m compileall -q -j 0 --invalidation-mode unchecked-hash /venv


FROM python:3.11-slim

# tini hands SIGTERM on from the first moment: a process with the number 1 hears of none before it asks for it.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends tini && rm -rf /var/lib/apt/lists/* \
  && pip uninstall --yes --root-user-action=ignore setuptools wheel pip \
  && install --directory --owner 10001 --group 10001 /data

COPY --from=libraries /venv /venv
WORKDIR /app
COPY . .
RUN python -m compileall -q --invalidation-mode unchecked-hash .

USER 10001:10001
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOME=/tmp XDG_CACHE_HOME=/data/cache \
  VGDEMO_STORE=/data STREAMLIT_SERVER_ADDRESS=0.0.0.0 STREAMLIT_SERVER_PORT=8501 STREAMLIT_SERVER_HEADLESS=true
VOLUME /data
EXPOSE 8501
# Any other address answers with a page, whatever is wrong.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["python", "-c", "\
import http.client, os; \
server = http.client.HTTPConnection('127.0.0.1', os.environ['STREAMLIT_SERVER_PORT'], timeout=4); \
server.request('GET', os.path.join('/', os.environ.get('STREAMLIT_SERVER_BASE_URL_PATH', '').strip('/'), '_stcore/health')); \
answer = server.getresponse(); \
exit((answer.status, answer.read(3)) != (200, b'ok'))"]
ENTRYPOINT ["tini", "--"]
CMD ["streamlit", "run", "app.py"]
