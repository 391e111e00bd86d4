"""The face detector: labels, network, training, measurement and export."""

# The input of the exported network: width and height.
INPUT = (320, 256)
STRIDES = (8, 16, 32)
# Two boxes that overlap by more than this (IoU) are the same face.
NMS_IOU = 0.4
