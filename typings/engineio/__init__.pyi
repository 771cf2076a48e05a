# The seams of python-engineio 4.15 that Parlour uses; the library is untyped.

from engineio import async_server as async_server
from engineio import async_socket as async_socket
from engineio.async_server import AsyncServer as AsyncServer
