CONNECT: int
DISCONNECT: int
CONNECT_ERROR: int

class Packet:
    attachment_count: int
    size: int
    def __init__(
        self,
        packet_type: int = ...,
        data: object = None,
        namespace: str | None = None,
        id: int | None = None,
        binary: bool | None = None,
        encoded_packet: str | bytes | None = None,
    ) -> None: ...
