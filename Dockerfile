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
ENTRYPOINT ["python", "-m", "klingkit.emulator", "--host", "0.0.0.0"]
CMD ["--port", "8900"]
