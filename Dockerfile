# The emulator, its page included: docker build -t klingkit-emulator . && docker run --rm -p 127.0.0.1:8900:8900 klingkit-emulator
FROM python:3.11-slim

WORKDIR /build
COPY pyproject.toml README.md LICENSE ./
COPY wrapper wrapper
COPY generated generated
RUN pip install --no-cache-dir ".[emulator,contract]" \
    && rm -rf /build \
    && useradd --create-home emulator

USER emulator
WORKDIR /home/emulator
EXPOSE 8900
# By http, or by https with a certificate; on the port inside the container.
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["python", "-c", "\
import http.client, ssl\n\
def status_of(it): it.request('GET', '/_emulator/state'); return it.getresponse().status\n\
at = {'host': '127.0.0.1', 'port': 8900, 'timeout': 2}\n\
try: status = status_of(http.client.HTTPConnection(**at))\n\
except (OSError, http.client.HTTPException): status = status_of(http.client.HTTPSConnection(**at, context=ssl._create_unverified_context()))\n\
exit(status != 200)"]
ENTRYPOINT ["python", "-m", "klingkit.emulator", "--host", "0.0.0.0"]
CMD ["--port", "8900"]
