"""The classical recipe: ResNet-50, 224x224 RGB, ImageNet normalisation, seven classes."""

# The order of FER2013.
LABELS = ["anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral"]

SIDE = 224
# Mean and spread of the pictures of ImageNet, red, green, blue, for values 0 to 1.
MEAN = [0.485, 0.456, 0.406]
STD = [0.229, 0.224, 0.225]
