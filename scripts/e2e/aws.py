"""S3 and Glue as the environment names them."""

import argparse
import os
from contextlib import contextmanager

import boto3

from program import program  # noqa: F401, for `aws.program`


def options(about):
    """What every check is told."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--program", required=True, help="the program to check")
    parser.add_argument("--raw", required=True, help="the folder of raw logs")
    parser.add_argument("--table", required=True, help="DB.NAME of the table made of them")
    parser.add_argument("--trino", required=True, help="where Trino answers")
    return parser.parse_args()


def client(service):
    return boto3.client(service, region_name=os.environ["AWS_REGION"])


@contextmanager
def scratch_bucket(name):
    """A bucket that is gone afterwards."""
    client("s3").create_bucket(Bucket=name)
    try:
        yield name
    finally:
        bucket = boto3.resource("s3", region_name=os.environ["AWS_REGION"]).Bucket(name)
        bucket.objects.delete()
        bucket.delete()


def table(name):
    """The registered table of DB.NAME."""
    database, table = name.split(".")
    return client("glue").get_table(DatabaseName=database, Name=table)["Table"]


def location(name):
    """Where the data of DB.NAME lies."""
    return table(name)["StorageDescriptor"]["Location"]
