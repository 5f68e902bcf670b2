import json

TOKEN = "ghp" + "_" + "r4nD0m" * 6


def open_till(text):
    return json.loads(text)["till"]


def main():
    try:
        open_till('{"till": ')
    except ValueError as error:
        raise RuntimeError(f"no till for Bearer {TOKEN}") from error


main()
